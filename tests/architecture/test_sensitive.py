"""Acts that open dossiers to others, take them out or undo them ask for a proof less than five minutes old."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from tests.architecture.test_addresses import EVERY, PROOF, view_of
from tests.fixtures import Cast, prove

SENSITIVE = {
    # who sees a dossier
    "dossiers:share",
    "dossiers:end_share",
    "dossiers:appoint",
    "dossiers:protect",
    "dossiers:unprotect",
    "urgency:ask",
    # who works where, and as what
    "accounts:invite",
    "accounts:renew",
    "accounts:change_role",
    "accounts:end",
    "accounts:replace",
    "accounts:invite_substitute",
    "accounts:charge",
    "accounts:leave",
    # what leaves in a file
    "commission:fiches_csv",
    "dossiers:export",
    "desk:export_todo",
    # what goes for good
    "exchange:undo",
    # one's own account
    "accounts:password",
    "accounts:remove_factor",
    "accounts:renew_codes",
    "accounts:end_session",
    "accounts:end_others",
    "accounts:open_calendar",
}


def test_they_are_those_and_no_others() -> None:
    ours = {name for name, pattern in EVERY.items() if view_of(pattern, "asks_proof")}
    assert ours | PROOF >= SENSITIVE
    assert ours - SENSITIVE - PROOF == set(), "name it here"


def test_what_sounds_like_an_export_is_one_of_them() -> None:
    named = {name for name in EVERY if any(word in name for word in ("csv", "export", "xlsx", "ods"))}
    assert named <= SENSITIVE


@pytest.mark.parametrize(("account", "name"), [("siao", "urgency:ask"), ("admin", "accounts:invite")])
def test_an_old_proof_leads_to_a_new_one_and_back(
    account: str, name: str, browse: Callable[[str], Client], cast: Cast
) -> None:
    client = browse(account)
    assert client.get(reverse(name)).status_code == 200
    session = client.session
    session.pop("account_authentication_methods")
    session.save()
    prove(client, cast[account], ago=301)
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/connexion/prouver/")
    assert f"next={reverse(name)}" in answer.headers["Location"]
    prove(client, cast[account], ago=299)
    assert client.get(reverse(name)).status_code == 200
