"""Acts that open dossiers to others, take them out or undo them ask for a proof less than five minutes old."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
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
    "support:open",  # to a whole team, for as long as the measure lasts
    # who works where, and as what
    "accounts:invite",
    "accounts:renew",
    "accounts:change_role",
    "accounts:end",
    "accounts:replace",
    "accounts:invite_substitute",
    "accounts:charge",
    "accounts:leave",
    # a table of many households, or of figures, that leaves in a file
    "commission:fiches_csv",
    "dossiers:export",
    "desk:export_todo",
    "reporting:export",
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
# a paper of one household: read as its page is, and in the journal as well (`docs/threats.md` says what remains)
PAPERS = {
    "dossiers:content",
    "dossiers:download",
    "dossiers:letter_pdf",
    "commission:fiche_pdf",
    "commission:preview_pdf",
    "commission:told_pdf",
}


def test_they_are_those_and_no_others() -> None:
    ours = {name for name, pattern in EVERY.items() if view_of(pattern, "asks_proof")}
    assert ours | PROOF >= SENSITIVE
    assert ours - SENSITIVE - PROOF == set(), "name it here"


def named(*words: str) -> set[str]:
    return {name for name in EVERY if any(word in name for word in words)}


def test_a_table_that_leaves_in_a_file_asks_for_one() -> None:
    assert named("csv", "export", "xlsx", "ods") == {
        "commission:fiches_csv",
        "desk:export_todo",
        "dossiers:export",
        "reporting:export",
    }
    assert named("csv", "export", "xlsx", "ods") <= SENSITIVE


def test_a_paper_of_one_household_asks_for_none() -> None:
    """Those, and no others: one that is added is told to who reads what remains."""
    assert named("pdf", "download", ":content") == PAPERS
    assert not [name for name in PAPERS if view_of(EVERY[name], "asks_proof")]
    remains = (Path(settings.BASE_DIR) / "docs" / "threats.md").read_text("utf-8")
    assert {name for name in PAPERS if f"`{name}`" in remains} == PAPERS


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
