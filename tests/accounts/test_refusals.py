"""What is refused leaves an entry: what kind of refusal, a code for the reason, never what was typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Invitation, Organisation, Session
from accounts.operations import invite, withdraw_invitation
from accounts.operations.invitations import _token
from accounts.roles import Code
from audit import refusals
from audit.models import Entry
from cases.dossiers.models import DossierUserGrant
from tests.factories import make_dossier
from tests.fixtures import Cast, execute

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
AGO = timedelta(days=4)
Told = list[tuple[str, str, Any, Any]]


def told() -> Told:
    """Event, reason, target and author of each refusal."""
    found = Entry.objects.filter(event__endswith=".refused").order_by("recorded_at")
    return [(each.event, str(each.codes["why"]), each.target_id, each.actor_id) for each in found]


def body(name: str) -> Organisation:
    return Organisation.objects.known_as(name).get()


@pytest.fixture
def invitation(cast: Cast) -> Invitation:
    return invite("nouvelle@exemple.test", body("FOL 73"), Code.SANTE, by=cast["admin"])


def address(invitation: Invitation) -> str:
    return reverse("accounts:accept", args=[_token(invitation)])


class TestInvitations:
    def test_one_that_never_was(self, client: Client, db: None) -> None:
        page = client.get(reverse("accounts:accept", args=["0" * 64]))
        assert page.status_code == 410
        assert told() == [("invitation.refused", "unknown", refusals.NOBODY, None)]

    def test_withdrawn_late_or_served(self, client: Client, cast: Cast, invitation: Invitation) -> None:
        link = address(invitation)
        execute("UPDATE accounts_invitation SET invited_at = invited_at - %s, expires_at = expires_at - %s", AGO, AGO)
        client.get(link)
        withdraw_invitation(invitation.pk, by=cast["admin"])
        client.post(link, {})
        assert [(each[0], each[1], each[2]) for each in told()] == [
            ("invitation.refused", "late", invitation.pk),
            ("invitation.refused", "withdrawn", invitation.pk),
        ]

    def test_replayed(self, client: Client, invitation: Invitation) -> None:
        link = address(invitation)
        password = "Orvet ni fable clou 91"
        answer = {"first_name": "Ysoline", "last_name": "Berod", "password": password, "again": password}
        assert client.post(link, answer).status_code == 302
        assert told() == []
        assert client.post(link, answer).status_code == 410
        assert [each[:3] for each in told()] == [("invitation.refused", "served", invitation.pk)]

    def test_of_somebody_else(self, browse: Browse, cast: Cast, invitation: Invitation) -> None:
        assert browse("toit").post(address(invitation)).status_code == 422
        assert told() == [("invitation.refused", "of_somebody_else", invitation.pk, cast["toit"].pk)]

    def test_a_visitor_does_not_fill_the_journal(
        self, client: Client, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(refusals, "MOST_OF_VISITORS", 2)
        with time_machine.travel(timezone.now().replace(second=30), tick=False):  # within one minute
            for number in range(4):
                assert client.get(reverse("accounts:accept", args=[f"{number:064d}"])).status_code == 410
        assert len(told()) == 2


class TestRoles:
    def test_two_that_do_not_go_together(self, browse: Browse, cast: Cast) -> None:
        """Half done, nothing: the account keeps the role that it had, and the refusal stays."""
        asked = invite(cast["habitat"].email, body("Grand Chambéry"), Code.ORDONNATEUR, by=cast["admin"])
        assert browse("habitat").post(address(asked)).status_code == 422
        assert told() == [("membership.refused", "apart_habitat_ordonnateur", cast["habitat"].pk, cast["habitat"].pk)]
        assert cast["habitat"].memberships.count() == 1
        assert Invitation.objects.get().accepted_at is None

    def test_one_that_is_not_held_there(self, browse: Browse, cast: Cast) -> None:
        change = reverse("accounts:change_role", args=[cast["dpo"].memberships.get().pk])
        assert browse("admin").post(change, {"role": "bailleur"}).status_code == 422
        assert told() == [("membership.refused", "not_given_here", cast["admin"].pk, cast["admin"].pk)]

    def test_a_role_that_does_not_exist_is_a_wrong_answer(self, browse: Browse, cast: Cast) -> None:
        change = reverse("accounts:change_role", args=[cast["dpo"].memberships.get().pk])
        assert browse("admin").post(change, {"role": "roi"}).status_code == 422
        assert told() == []

    def test_invited_where_it_is_not_held(self, browse: Browse, cast: Cast) -> None:
        asked = {"email": "x@exemple.test", "organisation": str(body("FOL 73").pk), "role": "bailleur"}
        assert browse("admin").post(reverse("accounts:invite"), asked).status_code == 422
        assert told() == [("membership.refused", "kind", body("FOL 73").pk, cast["admin"].pk)]
        assert not Invitation.objects.exists()


def test_an_opening_that_ends_before_it_begins(browse: Browse, cast: Cast) -> None:
    dossier = make_dossier()
    asked = {"to": str(cast["toit"].pk), "reason": "shared", "last_day": "01/01/2020"}
    assert browse("siao").post(reverse("dossiers:share", args=[dossier.pk]), asked).status_code == 422
    assert told() == [("grant.refused", "over_before_it_begins", dossier.pk, cast["siao"].pk)]
    assert Entry.objects.get(event="grant.refused").dossier_id == dossier.pk
    assert not DossierUserGrant.ever.exists()


class TestCookies:
    @pytest.mark.parametrize(("value", "why"), [("tampered'; --", "malformed"), ("a" * 32, "unknown")])
    def test_one_that_was_invented(self, client: Client, db: None, value: str, why: str) -> None:
        client.cookies[settings.SESSION_COOKIE_NAME] = value
        answer = client.get("/dossiers/")
        assert answer.headers["Location"].startswith("/connexion/")
        assert told() == [("session.refused", why, refusals.NOBODY, None)]

    def test_whose_sealed_content_was_changed(self, browse: Browse) -> None:
        browser = browse("siao")
        Session.objects.update(session_data="changed")
        assert browser.get("/").headers["Location"].startswith("/connexion/")
        assert [each[1] for each in told()] == ["not_opened"]

    def test_one_that_lasted_too_long_is_no_refusal(self, browse: Browse) -> None:
        browser = browse("siao")
        Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))
        assert browser.get("/").headers["Location"].startswith("/connexion/")
        assert told() == []

    def test_a_visitor_without_any_has_none_refused(self, client: Client, db: None) -> None:
        client.get("/connexion/")
        client.get("/dossiers/")
        assert told() == []


def test_nobodys_member_where_a_role_is_needed(browse: Browse, cast: Cast) -> None:
    browser = browse("etranger")
    assert browser.get("/").status_code == 200
    assert told() == []
    assert browser.get("/dossiers/").status_code == 404
    assert told() == [("access.refused", "no_organisation", cast["etranger"].pk, cast["etranger"].pk)]


def test_no_entry_says_what_was_typed(browse: Browse, cast: Cast, invitation: Invitation) -> None:
    browser = browse("admin")
    asked = {"email": "zzcanari@exemple.test", "organisation": str(body("FOL 73").pk), "role": "bailleur"}
    browser.post(reverse("accounts:invite"), asked)
    Client().get(reverse("accounts:accept", args=["zz" * 32]))
    kept = str(list(Entry.objects.values("event", "codes")))
    assert "zz" not in kept
    assert len(told()) == 2
