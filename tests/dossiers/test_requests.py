"""The life of a social-housing request: its limits, its number, its renewal, and who is told that it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import Dossier, HousingRequest, Outcome, State
from cases.dossiers.models.requests import (
    TO_COME,
    UNIQUE_NUMBER,
    UNUSUAL,
    Term,
    Validity,
    last_renewal,
    months_after,
    number_doubt,
    validity_of,
)
from cases.dossiers.operations.requests import requests_ending
from cases.dossiers.views.requests import request_told, request_words
from core.db import acting_as
from core.errors import OperationRefused
from core.typography import NBSP
from exchange.reading.cells import UNIQUE_NUMBER as AS_READ
from tests.factories import make_dossier
from tests.fixtures import Cast, statements, text_of
from vault.asking import ask

ANY_PACE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAYS = st.dates(date(1996, 1, 1), date(2096, 12, 31))
TODAY = date(2026, 3, 2)
WORN = timedelta(days=400)


class TestLimits:
    @ANY_PACE
    @given(DAYS)
    def test_they_come_in_order(self, renewed_on: date) -> None:
        term = Term(renewed_on)
        assert renewed_on < term.valid_until < term.renewable_until < term.revivable_until
        assert 365 <= (term.valid_until - renewed_on).days <= 366

    @ANY_PACE
    @given(DAYS, st.integers(0, 700))
    def test_a_request_is_in_one_place_and_never_goes_back(self, renewed_on: date, after: int) -> None:
        order = list(Validity)
        day = renewed_on + timedelta(days=after)
        here, tomorrow = validity_of(renewed_on, day), validity_of(renewed_on, day + timedelta(days=1))
        assert order.index(here) <= order.index(tomorrow)

    @ANY_PACE
    @given(DAYS, st.sampled_from([12, 13, 18]))
    def test_the_query_by_dates_finds_what_the_rule_finds(self, limit: date, months: int) -> None:
        last = last_renewal(limit, months)
        assert months_after(last, months) <= limit < months_after(last + timedelta(days=1), months)

    @pytest.mark.parametrize(
        ("renewed_on", "valid_until", "renewable_until", "revivable_until"),
        [
            (date(2025, 3, 2), date(2026, 3, 2), date(2026, 4, 2), date(2026, 9, 2)),
            (date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 29), date(2025, 8, 29)),
            (date(2023, 2, 28), date(2024, 2, 28), date(2024, 3, 28), date(2024, 8, 28)),
            (date(2024, 8, 31), date(2025, 8, 31), date(2025, 9, 30), date(2026, 2, 28)),
        ],
    )
    def test_leap_days_and_short_months(
        self, renewed_on: date, valid_until: date, renewable_until: date, revivable_until: date
    ) -> None:
        term = Term(renewed_on)
        assert (term.valid_until, term.renewable_until, term.revivable_until) == (
            valid_until,
            renewable_until,
            revivable_until,
        )

    @pytest.mark.parametrize(
        ("today", "words"),
        [
            (date(2025, 12, 31), f"valable jusqu’au 2{NBSP}mars{NBSP}2026"),
            (date(2026, 1, 1), f"expire dans 60{NBSP}jours"),
            (date(2026, 3, 1), f"expire dans 1{NBSP}jour"),
            (date(2026, 3, 2), "expire aujourd’hui"),
            (date(2026, 3, 3), f"expirée, renouvelable jusqu’au 2{NBSP}avril"),
            (date(2026, 4, 2), f"expirée, renouvelable jusqu’au 2{NBSP}avril"),
            (date(2026, 4, 3), f"radiée, peut être réactivée jusqu’au 2{NBSP}septembre"),
            (date(2026, 9, 2), f"radiée, peut être réactivée jusqu’au 2{NBSP}septembre"),
            (date(2026, 9, 3), "radiée depuis trop longtemps, à refaire"),
        ],
    )
    def test_words(self, today: date, words: str) -> None:
        assert request_words(Term(date(2025, 3, 2)), today) == words

    @pytest.mark.parametrize(
        ("today", "words"),
        [
            (date(2025, 12, 31), f"est valable jusqu’au 2{NBSP}mars{NBSP}2026"),
            (date(2026, 2, 18), f"expire dans 12{NBSP}jours"),
            (date(2026, 3, 3), f"est expirée, renouvelable jusqu’au 2{NBSP}avril"),
            (date(2026, 9, 3), "est radiée depuis trop longtemps, à refaire"),
        ],
    )
    def test_as_the_end_of_a_sentence(self, today: date, words: str) -> None:
        assert request_told(Term(date(2025, 3, 2)), today) == words

    def test_what_is_not_known_stays_unknown(self) -> None:
        assert validity_of(None, TODAY) is Validity.UNKNOWN


class TestNumber:
    @pytest.mark.parametrize(
        ("number", "said"),
        [
            ("1110318016982G1104", ""),
            ("073 0326 000001 XTEST", ""),
            ("0730426000001xtest", TO_COME),
            ("0731326000001XTEST", UNUSUAL),
            ("073MMAA000001XTEST", UNUSUAL),
            ("07303260000١1XTEST", UNUSUAL),
            ("", ""),
            (None, ""),
        ],
    )
    def test_what_is_unusual_is_said(self, number: str | None, said: str) -> None:
        assert number_doubt(number, TODAY) == said

    def test_an_import_reads_the_same_numbers(self) -> None:
        assert (AS_READ.pattern, AS_READ.flags) == (UNIQUE_NUMBER.pattern, UNIQUE_NUMBER.flags)


def renew(dossier: Dossier, on: date | None) -> None:
    HousingRequest.objects.filter(dossier=dossier).update(renewed_on=on)


def closed_dossier() -> Dossier:
    return operations.close(make_dossier().pk, by=None, on=TODAY, outcome=Outcome.DECES.value)


@pytest.mark.django_db
class TestEnding:
    def test_the_first_to_end_comes_first_and_the_unknown_never(self, siao: User) -> None:
        today = timezone.localdate()
        far, near, late, unknown = (make_dossier() for _ in range(4))
        renew(far, today - timedelta(days=200))
        renew(near, today - timedelta(days=330))
        renew(late, today - WORN)
        with acting_as(siao), statements() as sent:
            found = ask(requests_ending(siao, today))
        assert [each.dossier for each in found] == [late, near]
        assert [each.is_pressing(today) for each in found] == [True, False]
        assert unknown not in [each.dossier for each in found]
        assert len(sent) <= 3

    @pytest.mark.parametrize("state", [State.NON_RETENU, State.LOGE])
    def test_who_needs_it_no_more_is_left_alone(self, siao: User, state: State) -> None:
        renew(make_dossier(state=state), timezone.localdate() - WORN)
        assert ask(requests_ending(siao, timezone.localdate())) == []

    def test_only_who_instructs_is_told(self, cast: Cast, dossier: Dossier) -> None:
        renew(dossier, timezone.localdate() - WORN)
        with acting_as(cast["etranger"]):
            assert ask(requests_ending(cast["etranger"], timezone.localdate())) == []


@pytest.mark.django_db
class TestRenewal:
    def test_it_is_dated_numbered_and_journaled(self, siao: User, dossier: Dossier) -> None:
        today = timezone.localdate()
        with acting_as(siao):
            made = operations.renew_request(dossier.pk, on=today, number=" 0730326000001xtest ", by=siao)
        row = HousingRequest.objects.get(dossier=dossier)
        assert (made.pk, row.renewed_on, row.number) == (row.pk, today, "0730326000001XTEST")
        assert Entry.objects.get(event="request.renewed").codes == {"numbered": True}

    def test_without_a_number_it_keeps_its_own(self, siao: User, dossier: Dossier) -> None:
        before = HousingRequest.objects.get(dossier=dossier).number
        with acting_as(siao):
            operations.renew_request(dossier.pk, on=timezone.localdate(), by=siao)
        assert HousingRequest.objects.get(dossier=dossier).number == before

    def test_neither_to_come_nor_of_a_closed_dossier(self, siao: User, dossier: Dossier) -> None:
        today = timezone.localdate()
        with acting_as(siao), pytest.raises(OperationRefused, match="a déjà eu lieu"):
            operations.renew_request(dossier.pk, on=today + timedelta(days=1), by=siao)
        closed = closed_dossier()
        with acting_as(siao), pytest.raises(OperationRefused, match="clos"):
            operations.renew_request(closed.pk, on=today, by=siao)

    def test_its_page(self, browse: Callable[[str], Client], dossier: Dossier) -> None:
        today = timezone.localdate()
        renew(dossier, today - WORN)
        browser, url = browse("siao"), f"/dossiers/{dossier.pk}/demande/renouveler/"
        assert f'href="{url}"' in browser.get(f"/dossiers/{dossier.pk}/").content.decode()
        assert "La demande de logement social est radiée, peut être réactivée jusqu’au" in text_of(browser.get(url))
        wrong = browser.post(url, {"on": f"{today + timedelta(days=1):%d/%m/%Y}", "number": "X"})
        assert wrong.status_code == 422
        assert "Écrivez une date passée" in text_of(wrong)
        told = text_of(browser.post(url, {"on": f"{today:%d/%m/%Y}", "number": "073-1"}, follow=True))
        assert "C’est noté. La demande de logement social est valable jusqu’au" in told.replace(NBSP, " ")
        assert UNUSUAL.replace(" :", " :") in told.replace(NBSP, " ")

    def test_no_page_for_who_does_not_instruct(self, browse: Callable[[str], Client], dossier: Dossier) -> None:
        url = f"/dossiers/{dossier.pk}/demande/renouveler/"
        assert [browse(account).get(url).status_code for account in ("etranger", "dpo")] == [404, 404]
        assert browse("siao").get(f"/dossiers/{closed_dossier().pk}/demande/renouveler/").status_code == 404
