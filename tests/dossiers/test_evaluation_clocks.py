"""Terms of an evaluation, and what the household agrees to."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation, User
from cases.dossiers import operations
from cases.dossiers.models import Agreement, Dossier, Purpose, State
from cases.dossiers.models.questions import FLASH
from cases.dossiers.operations import (
    NewAgreement,
    Told,
    clocks_of,
    evaluation_clocks,
    give_agreement,
    possible_acts,
    withdraw_agreement,
    write_answers,
)
from cases.dossiers.operations.answers import last_version
from cases.dossiers.views.evaluation.shown import clock_words, lasted
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from tests.dossiers.answering import under_evaluation
from tests.factories import complete, make_dossier
from tests.fixtures import Cast, execute, refusal, text_of
from vault.asking import ask

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate
FLASHED = {
    "household_type": "COUPLE_SANS_ENFANT",
    "interpreter": "NON",
    "contact": "TELEPHONE",
    "residence_right": "FRANCAIS",
    "ethos": "8 chez des tiers ou sans bail",
    "urgent": "AUCUNE",
    "animals": "AUCUN",
}


def began(hours: float, **facts: Any) -> Dossier:
    """Under evaluation for so many hours."""
    dossier = under_evaluation(**facts)
    dossier.evaluation_began_at = timezone.now() - timedelta(hours=hours)
    dossier.save(update_fields=["evaluation_began_at"])
    return dossier


def words(dossier: Dossier) -> list[str]:
    shown = clock_words(clocks_of(dossier, last_version(dossier)), timezone.now())
    return [f"{clock.title} : {clock.words}".replace("\u00a0", " ") for clock in shown]


class TestClocks:
    def test_they_start_with_the_evaluation(self, siao: User) -> None:
        dossier = make_dossier(state=State.PRESCRIT, referent=siao)
        started = operations.start_evaluation(dossier.pk, by=siao, on=TODAY())
        assert started.evaluation_began_at is not None
        assert timezone.now() - started.evaluation_began_at < timedelta(minutes=1)
        clocks = clocks_of(started, None)
        assert clocks is not None
        assert clocks.flash.due_at - clocks.flash.began_at == timedelta(hours=72)
        assert words(started)[0].startswith("Évaluation flash : à faire avant ")

    def test_told_afterwards_they_start_with_that_day(self, siao: User) -> None:
        dossier = make_dossier(state=State.PRESCRIT, referent=siao)
        on = TODAY() - timedelta(days=5)
        started = operations.start_evaluation(dossier.pk, by=siao, on=on)
        assert started.evaluation_began_at == timezone.make_aware(datetime.combine(on, time.min))
        assert words(started)[0].startswith("Évaluation flash : attendue depuis ")

    def test_two_months_are_months(self) -> None:
        dossier = under_evaluation()
        for start, due in ((date(2026, 12, 31), date(2027, 2, 28)), (date(2027, 1, 15), date(2027, 3, 15))):
            dossier.evaluation_began_at = timezone.make_aware(datetime.combine(start, time(10)))
            clocks = clocks_of(dossier, None)
            assert clocks is not None
            assert timezone.localtime(clocks.whole.due_at).date() == due

    def test_the_flash_is_done_with_its_last_question(self) -> None:
        dossier = began(46, household_type=None, ethos=None)
        write_answers(dossier.pk, {key: Told(value) for key, value in FLASHED.items()}, by=None)
        assert last_version(dossier).flash_done_at is None  # type: ignore[union-attr]
        write_answers(dossier.pk, {"leave_by": Told(reason="NOT_APPLICABLE")}, by=None)
        assert words(dossier)[0] == "Évaluation flash : faite en 46 heures"
        assert {*FLASHED, "leave_by"} == {question.key for question in FLASH.questions}

    def test_what_is_late_says_so(self) -> None:
        dossier = began(100)
        write_answers(dossier.pk, {key: Told(value) for key, value in FLASHED.items()}, by=None)
        write_answers(dossier.pk, {"leave_by": Told(reason="UNKNOWN")}, by=None)
        assert words(dossier)[0] == "Évaluation flash : faite en 4 jours, hors délai"

    def test_completed_the_whole_is_done(self, siao: User) -> None:
        dossier = began(24 * 12, referent=siao)
        complete(dossier)
        done = operations.complete_evaluation(dossier.pk, by=siao, on=TODAY())
        assert words(done)[1] == "Évaluation complète : faite en 12 jours"

    def test_nobody_knows_when_a_register_began(self) -> None:
        assert clocks_of(make_dossier("presented"), None) is None

    def test_those_that_one_follows_the_most_pressing_first(self, cast: Cast) -> None:
        mine = [began(hours, referent=cast["siao"]) for hours in (10, 80, 30)]
        began(5, referent=cast["siao2"])
        make_dossier(referent=cast["siao"])
        with acting_as(cast["siao"]):
            found = ask(evaluation_clocks(cast["siao"], most=10))
        assert [each.dossier for each in found] == [mine[1], mine[2], mine[0]]
        assert len(ask(evaluation_clocks(cast["siao"], most=2))) == 2
        assert ask(evaluation_clocks(cast["fol73"], most=10)) == []

    @pytest.mark.parametrize(
        ("took", "said"),
        [
            (timedelta(minutes=5), "1 heure"),
            (timedelta(hours=46), "46 heures"),
            (timedelta(hours=96), "96 heures"),
            (timedelta(days=12, hours=3), "12 jours"),
        ],
    )
    def test_how_long_it_lasted(self, took: timedelta, said: str) -> None:
        assert lasted(took) == said


class TestAgreements:
    @pytest.fixture
    def dossier(self, siao: User) -> Dossier:
        found = make_dossier(referent=siao)
        complete(found)
        return found

    def give(self, dossier: Dossier, by: User, on: date | None = None) -> Agreement:
        return give_agreement(dossier.pk, NewAgreement(Purpose.LANDLORDS, on or TODAY()), by=by)

    def test_taken_back_the_dossier_is_no_longer_presented(self, siao: User, dossier: Dossier) -> None:
        assert ready(dossier, siao) == []
        with acting_as(siao):
            agreement = self.give(dossier, siao)
            assert ready(dossier, siao) == []
            withdraw_agreement(agreement.pk, on=TODAY(), by=siao)
            missing = "L’accord du ménage pour être présenté aux bailleurs : il l’a retiré."
            assert ready(dossier, siao) == [missing]
            with pytest.raises(OperationRefused, match="il l’a retiré"):
                operations.declare_ready(dossier.pk, by=siao, on=TODAY())
            self.give(dossier, siao)
        assert ready(dossier, siao) == []
        assert Agreement.objects.count() == 2, "the first one stays, dated"

    def test_what_makes_no_sense(self, siao: User, dossier: Dossier) -> None:
        with pytest.raises(OperationRefused, match="date passée"):
            self.give(dossier, siao, on=TODAY() + timedelta(days=1))
        agreement = self.give(dossier, siao)
        with pytest.raises(OperationRefused, match="déjà donné"):
            self.give(dossier, siao)
        with pytest.raises(OperationRefused, match="donné plus tard"):
            withdraw_agreement(agreement.pk, on=TODAY() - timedelta(days=1), by=siao)
        withdraw_agreement(agreement.pk, on=TODAY(), by=siao)
        with pytest.raises(OperationRefused, match="déjà retiré"):
            withdraw_agreement(agreement.pk, on=TODAY(), by=siao)

    def test_postgresql_too(self, siao: User, dossier: Dossier) -> None:
        self.give(dossier, siao)
        wrong = {
            "agreement_purpose": "UPDATE dossiers_agreement SET purpose = 'RUMEUR'",
            "agreement_dates": "UPDATE dossiers_agreement SET withdrawn_on = '2001-01-01', withdrawn_at = now()",
            "agreement_withdrawn_and_told": "UPDATE dossiers_agreement SET withdrawn_on = given_on",
        }
        for name, statement in wrong.items():
            assert refusal(lambda: execute(statement)).diag.constraint_name == name  # noqa: B023
        again = Agreement(dossier=dossier, purpose=Purpose.LANDLORDS, given_on=TODAY(), recorded_at=timezone.now())
        assert refusal(again.save).diag.constraint_name == "agreement_once"

    @pytest.mark.parametrize("account", ["animation", "fol73", "sante", "etranger"])
    def test_only_who_instructs(self, cast: Cast, dossier: Dossier, account: str) -> None:
        with acting_as(cast[account]), pytest.raises((NotAllowed, Dossier.DoesNotExist)):
            self.give(dossier, cast[account])

    def test_by_the_pages(self, siao: User, dossier: Dossier) -> None:
        browser = Client()
        browser.force_login(siao)
        give = reverse("dossiers:evaluation_agree", args=[dossier.pk])
        landlord = Organisation.objects.filter(kind="BAILLEUR").first()
        assert "Noter un accord du ménage" in text_of(browser.get(give))
        told = {"purpose": "LANDLORDS", "on": f"{TODAY():%d/%m/%Y}", "partner": landlord.pk if landlord else ""}
        said = text_of(browser.post(give, told, follow=True))
        assert "L’accord est inscrit." in said
        withdraw = reverse("dossiers:evaluation_withdraw", args=[dossier.pk, Agreement.objects.get().pk])
        assert browser.post(withdraw, {"on": "32/01/2026"}).status_code == 422
        said = text_of(browser.post(withdraw, {"on": f"{TODAY():%d/%m/%Y}"}, follow=True))
        assert "retiré le" in said
        other = make_dossier()
        elsewhere = reverse("dossiers:evaluation_withdraw", args=[other.pk, Agreement.objects.get().pk])
        assert browser.get(elsewhere).status_code == 404


def ready(dossier: Dossier, user: User) -> list[str]:
    found = possible_acts(dossier, user=user, today=TODAY())
    return [c.text for possible in found if possible.name == "declare_ready" for c in possible.missing]
