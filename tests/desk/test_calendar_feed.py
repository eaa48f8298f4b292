"""The agenda that a telephone reads: days and counts, no name; opened by its address alone, under row security."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar
from pytest_django import Settings

from accounts.models import CalendarAddress, Membership, Organisation, User
from accounts.operations import end_calendar, open_calendar
from accounts.signin.dormancy import SLEEP
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import Dossier
from commission.operations import convene, plan_seance
from core.db import acting_as
from core.typography import NBSP
from desk.calendar_feed import days_of, said
from desk.dated import Dated, Kind
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, refusal, statements

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
TEXT = "Rappeler madame Quenouillère avant midi."


def address_of(user: User) -> str:
    with acting_as(user):
        return f"/agenda/{open_calendar(by=user)}.ics"


def events(content: bytes) -> dict[date, list[Any]]:
    found: dict[date, list[Any]] = {}
    for event in Calendar.from_ical(content).walk("VEVENT"):
        found.setdefault(event.decoded("dtstart"), []).append(event)
    return found


def days(count: int) -> date:
    return timezone.localdate() + timedelta(days=count)


def review(user: User, on: date) -> Dossier:
    made = make_dossier("adjourned", referent=user)
    Dossier.objects.filter(pk=made.pk).update(review_on=on)
    return made


class TestWhatItTells:
    def test_a_count_for_each_day_and_what_is_late_today(self, siao: User, client: Client, settings: Settings) -> None:
        settings.PUBLIC_URL = "https://seuil.example"
        review(siao, days(-4))
        for _ in range(2):
            review(siao, days(9))
        with acting_as(siao):
            operations.remind(make_dossier(referent=siao).pk, text=TEXT, due_on=days(9), by=siao)
        answer = client.get(address_of(siao))
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        found = events(answer.content)
        assert list(found) == [days(0), days(9)]
        ((late,), (coming,)) = found.values()
        assert late["summary"] == f"Seuil{NBSP}: 1{NBSP}chose à faire"
        assert late["description"].startswith(f"1{NBSP}réexamen, dont 1 en retard.")
        assert coming["summary"] == f"Seuil{NBSP}: 3{NBSP}choses à faire"
        assert coming["description"] == f"2{NBSP}réexamens, 1{NBSP}rappel.\nhttps://seuil.example/a-faire/"
        assert (coming["url"], coming["transp"]) == ("https://seuil.example/a-faire/", "TRANSPARENT")
        assert coming.decoded("dtend") == days(10)

    def test_it_is_whole_for_an_agenda(self, siao: User, client: Client) -> None:
        content = client.get(address_of(siao)).content
        calendar = Calendar.from_ical(content)
        assert (calendar["version"], calendar["method"], calendar["name"]) == ("2.0", "PUBLISH", "Seuil")
        assert b"REFRESH-INTERVAL;VALUE=DURATION:PT6H" in content

    def test_nothing_sealed_is_opened_and_nobody_is_named(self, siao: User, client: Client) -> None:
        dossier = review(siao, days(3))
        with acting_as(siao):
            operations.remind(dossier.pk, text=TEXT, due_on=days(3), by=siao)
        address = address_of(siao)
        with statements("keystore") as keys:
            content = client.get(address).content.replace(b"\r\n ", b"").decode()
        assert keys == []
        person = dossier.participants.get().person
        theirs = [dossier.reference, str(dossier.pk), str(person.last_name), person.listed_name, "Quenouillère"]
        for secret in [*theirs, str(siao.pk), siao.email, siao.last_name, siao.first_name]:
            assert secret not in content

    def test_the_same_day_keeps_its_name_at_each_reading_and_no_other_has_it(self, cast: Cast, client: Client) -> None:
        review(cast["siao"], days(3))
        address = address_of(cast["siao"])
        first, again = (events(client.get(address).content)[days(3)][0]["uid"] for _ in range(2))
        assert first == again
        seance = plan_seance(days(3), "Chambéry", by=None)
        content = client.get(address).content
        uids = {str(event["uid"]) for event in events(content)[days(3)]}
        assert len(uids) == 2
        assert first in uids
        theirs = {str(each["uid"]) for each in events(client.get(address_of(cast["siao2"])).content)[days(3)]}
        assert str(seance.pk) not in uids
        assert not uids & theirs

    def test_seances_for_who_runs_them_presents_there_or_is_called(self, cast: Cast, client: Client) -> None:
        seance = plan_seance(days(20), "Salle du Bocage", by=None)
        convene(seance.pk, by=None, members=[Organisation.objects.known_as("DDETSPP").get()])
        told = {}
        for account in ("animation", "siao", "ddetspp", "fol73", "comptable"):
            found = events(client.get(address_of(cast[account])).content)
            told[account] = [(each["summary"], each["location"]) for each in found.get(days(20), [])]
        shown = [("Commission SIAO–bailleurs", "Salle du Bocage")]
        assert told == {"animation": shown, "siao": shown, "ddetspp": shown, "fol73": [], "comptable": []}

    def test_more_than_it_counts_is_said(self, dossier: Dossier) -> None:
        today = days(0)
        lines = [Dated(kind, dossier, today, "", "", "", "") for kind in (Kind.SILENCE, Kind.PIECE, Kind.SILENCE)]
        told = f"1{NBSP}pièce attendue, 2{NBSP}dossiers sans nouvelles."
        assert said(lines, today) == told
        assert said(lines, today, is_more=True) == f"{told} Il y en a davantage."

    def test_what_comes_after_sixty_days_waits(self, dossier: Dossier) -> None:
        lines = [Dated(Kind.REVIEW, dossier, days(after), "", "", "", "") for after in (-1, 60, 61)]
        assert list(days_of(lines, days(0))) == [days(0), days(60)]

    def test_only_what_one_sees(self, cast: Cast, client: Client) -> None:
        hidden = review(cast["siao"], days(3))
        execute("DELETE FROM dossiers_dossiergroupgrant WHERE dossier_id = %s", hidden.pk)
        assert events(client.get(address_of(cast["siao"])).content) == {}

    def test_as_many_statements_for_few_and_for_many(self, siao: User, client: Client) -> None:
        address, sent = address_of(siao), []
        client.get(address)
        for many in (1, 6):
            for rank in range(many):
                dossier = review(siao, days(rank + 1))
                with acting_as(siao):
                    operations.remind(dossier.pk, text=TEXT, due_on=days(rank + 2), by=siao)
            with statements() as found:
                client.get(address)
            sent.append(len(found))
        assert sent[0] == sent[1] <= 30


class TestWhoOpensIt:
    def nothing(self, client: Client, address: str) -> None:
        """The very answer of an address that leads nowhere."""
        answer, absent = client.get(address), client.get("/agenda-de-personne.ics")
        assert (answer.status_code, answer.content) == (404, absent.content)

    def test_its_address_alone_without_a_session(self, siao: User, client: Client) -> None:
        address = address_of(siao)
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert not answer.cookies
        assert client.post(address).status_code == 405

    def test_not_an_unknown_one_nor_one_that_was_changed_or_ended(self, siao: User, client: Client) -> None:
        self.nothing(client, f"/agenda/{'0' * 43}.ics")
        former = address_of(siao)
        held = address_of(siao)
        self.nothing(client, former)
        assert client.get(held).status_code == 200
        with acting_as(siao):
            end_calendar(by=siao)
        self.nothing(client, held)

    def test_it_is_as_nowhere_for_who_is_signed_in_too(self, browse: Browse) -> None:
        self.nothing(browse("siao"), f"/agenda/{'0' * 43}.ics")

    def test_not_for_who_is_suspended_asleep_or_without_a_role(self, siao: User, client: Client) -> None:
        address = address_of(siao)
        User.objects.filter(pk=siao.pk).update(is_active=False)
        self.nothing(client, address)
        User.objects.filter(pk=siao.pk).update(is_active=True, created_at=timezone.now() - SLEEP)
        self.nothing(client, address)
        User.objects.filter(pk=siao.pk).update(created_at=timezone.now())
        assert client.get(address).status_code == 200
        Membership.objects.filter(user=siao).update(valid_until=timezone.now())
        self.nothing(client, address)

    def test_reading_it_notes_the_day_alone(self, siao: User, client: Client) -> None:
        address = address_of(siao)
        before = Entry.objects.count()
        for _ in range(2):
            assert client.get(address).status_code == 200
        assert CalendarAddress.objects.get(user=siao).last_read_on == days(0)
        assert Entry.objects.count() == before
        siao.refresh_from_db()
        assert siao.last_login is None

    @pytest.mark.parametrize("known", [True, False])
    def test_no_log_holds_it(self, siao: User, client: Client, written: io.StringIO, known: bool) -> None:
        address = address_of(siao) if known else f"/agenda/{'unknown' * 6}.ics"
        client.get(address)
        told = written.getvalue()
        assert "desk:calendar" in told
        assert address.removeprefix("/agenda/").removesuffix(".ics") not in told


class TestTheDatabase:
    def test_a_row_is_its_person_s_alone_and_no_visitor_reads_one(self, cast: Cast) -> None:
        address_of(cast["siao"])
        with acting_as(cast["siao2"]):
            assert not CalendarAddress.objects.exists()
            theirs = CalendarAddress(user=cast["siao"], token_hash="0" * 64, opened_at=timezone.now())
            assert refusal(lambda: theirs.save(force_insert=True)).sqlstate == "42501"
        with acting_as(None):
            assert refusal(lambda: execute("SELECT * FROM accounts_calendaraddress")).sqlstate == "22P02"

    def test_only_a_print_is_kept(self, siao: User) -> None:
        with acting_as(siao):
            token = open_calendar(by=siao)
            plain = CalendarAddress.objects.filter(user=siao)
            assert refusal(lambda: plain.update(token_hash=token)).sqlstate == "23514"
        assert CalendarAddress.objects.get().token_hash != token
