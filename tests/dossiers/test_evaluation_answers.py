"""Writing answers: where each one lives, what it changes, what PostgreSQL refuses."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import (
    Answer,
    DebtLine,
    Dossier,
    Evaluation,
    HousingRequest,
    ResidentialSituation,
    ResourceLine,
    State,
)
from cases.dossiers.models.questions import ASKED, COUNTED, FLASH, NINE, QUESTIONS, SOCIAL, Kind
from cases.dossiers.operations import Outcome, Told, write_answers
from cases.dossiers.operations.answers import Line, held_of, last_version, raw_lines, take_over
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from tests.dossiers.answering import fill, under_evaluation
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, refusal

pytestmark = pytest.mark.django_db
FROZEN = "Cette évaluation est figée : une correction en fait une nouvelle version."
TODAY = timezone.localdate


def value(dossier: Dossier, key: str) -> str:
    return held_of(dossier, last_version(dossier), [QUESTIONS[key]])[key].value


def write(dossier: Dossier, by: User | None = None, **values: str) -> Evaluation:
    write_answers(dossier.pk, {key: Told(each) for key, each in values.items()}, by=by)
    found = last_version(dossier)
    assert found is not None
    return found


class TestCatalogue:
    def test_nine_steps_and_their_questions(self) -> None:
        assert [step.title for step in NINE] == [
            "Ménage et personnes",
            "Situation administrative",
            "Logement actuel",
            "Ressources et charges",
            "Dettes",
            "Histoire du logement",
            "Souhaits",
            "Besoins d’accompagnement",
            "Adhésion et accord",
        ]
        assert len(COUNTED) == 45
        assert len(QUESTIONS) == len({question.key for question in QUESTIONS.values()})
        assert {question.key for question in ASKED} < {question.key for question in COUNTED}
        assert 5 <= len(FLASH.questions) <= 10

    @pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.key)
    def test_each_says_why_it_is_asked(self, question: object) -> None:
        told = QUESTIONS[question.key]  # type: ignore[attr-defined]
        assert len(told.why) > 20
        assert told.why.endswith(".")
        assert bool(told.choices) == (told.kind in (Kind.CHOICE, Kind.SEVERAL, Kind.YES_NO, Kind.COMMUNES, Kind.LINES))

    def test_each_step_ends_with_the_households_own_words(self) -> None:
        assert [step.questions[-1].key for step in NINE] == [f"mots_{step.code}" for step in NINE]


class TestPlaces:
    def test_an_answer_is_sealed_under_the_household(self, siao: User) -> None:
        dossier = under_evaluation()
        write(dossier, siao, language="peul", needs="DEMARCHES,BUDGET")
        row = Answer.objects.get(key="language")
        assert (row.value, row.subject_id, row.revision, row.written_by) == ("peul", dossier.household_id, 1, siao)
        (stored,) = execute("SELECT value FROM dossiers_answer WHERE key = 'language'")[0]
        assert b"peul" not in bytes(stored)

    def test_what_figures_read_stays_in_the_evaluation(self) -> None:
        dossier = under_evaluation(household_type=None)
        evaluation = write(dossier, household_type="COUPLE_AVEC_ENFANT", children="2", adhesion="OUI")
        assert (evaluation.household_type, evaluation.children, evaluation.adhesion) == (
            "COUPLE_AVEC_ENFANT",
            "2",
            "OUI",
        )
        assert Answer.objects.get(key="household_type").value is None

    def test_the_unique_number_is_the_persons_under_her_own_key(self) -> None:
        dossier = under_evaluation(unique_number=None)
        write(dossier, missing_reason="SEJOUR")
        write(dossier, unique_number="073 1126 00001xtest", renewed_on=TODAY().isoformat())
        request = HousingRequest.objects.get(dossier=dossier)
        assert (request.number, request.missing_reason, request.renewed_on) == ("073112600001XTEST", None, TODAY())
        assert Answer.objects.get(key="unique_number").value is None

    def test_lines_make_the_totals(self) -> None:
        dossier = under_evaluation()
        over = TODAY() - timedelta(days=1)
        lines = [
            Line("RSA", Decimal("785.52")),
            Line("AF", Decimal("148.52")),
            Line("ACTIVITE", Decimal("478.56"), TODAY()),
            Line("ARE", Decimal(900), over),
        ]
        evaluation = write(dossier, resources=raw_lines(lines))
        assert (evaluation.resources, evaluation.resource) == (Decimal("1412.60"), "MIXTE")
        assert ResourceLine.objects.count() == 4
        evaluation = write(dossier, resources=raw_lines(lines[:1]))
        assert (evaluation.resources, evaluation.resource) == (Decimal("785.52"), "RSA")
        evaluation = write(dossier, resources="[]")
        assert (evaluation.resources, evaluation.resource, ResourceLine.objects.count()) == (
            Decimal(0),
            "SANS_RESSOURCE",
            0,
        )

    def test_the_rent_debt_is_the_sum_of_rent_debts(self) -> None:
        dossier = under_evaluation(rent_debt=None)
        debts = [
            Line("LOYER", Decimal("900.10"), None, "Régie des Lauzes", "SIGNE", Decimal(30)),
            Line("LOYER", Decimal(100)),
            Line("AMENDE", Decimal(75)),
        ]
        assert write(dossier, debts=raw_lines(debts)).rent_debt == Decimal("1000.10")
        first = DebtLine.objects.order_by("rank")[0]
        assert (first.creditor, first.plan, first.monthly) == ("Régie des Lauzes", "SIGNE", Decimal(30))
        assert write(dossier, debts="[]").rent_debt == 0

    def test_an_imported_evaluation_has_no_lines_and_keeps_its_totals(self) -> None:
        dossier = under_evaluation()
        evaluation = write(dossier, language="peul")
        assert (evaluation.resources, evaluation.rent_debt) == (Decimal("607.75"), Decimal(0))
        held = held_of(dossier, evaluation, SOCIAL)
        assert held["resources"].is_settled
        assert not held["resources"].value

    def test_a_total_told_otherwise_takes_the_place_of_its_lines(self) -> None:
        dossier = under_evaluation()
        write(dossier, resources=raw_lines([Line("RSA", Decimal(600))]))
        told = operations.NewEvaluation(resource="AAH", resources=Decimal(900))
        operations.write_evaluation(dossier.pk, told, by=None)
        assert ResourceLine.objects.count() == 0

    def test_a_dwelling_is_seen_on_the_day_of_the_evaluation_and_once(self) -> None:
        dossier = under_evaluation(ethos=None, evaluated_on=None)
        write(dossier, ethos="8 chez des tiers ou sans bail")
        assert ResidentialSituation.objects.count() == 0, "no day, no sight"
        write(dossier, evaluated_on="2023-01-12")
        write(dossier, evaluated_on="2023-01-14")
        seen = ResidentialSituation.objects.get()
        assert (seen.ethos, seen.seen_on) == ("8 chez des tiers ou sans bail", date(2023, 1, 14))


class TestReasons:
    def test_an_answer_may_stay_empty_with_a_reason(self) -> None:
        dossier = under_evaluation()
        write_answers(dossier.pk, {"rent_now": Told(reason="REFUSED"), "cause": Told(reason="LATER")}, by=None)
        held = held_of(dossier, last_version(dossier), SOCIAL)
        assert (held["rent_now"].reason, held["rent_now"].is_settled) == ("REFUSED", True)
        assert not held["cause"].is_settled, "later is still to be asked"

    def test_postgresql_wants_a_value_or_a_reason(self) -> None:
        fill(under_evaluation(), make_dossier().referent or User.objects.create_user("a@seuil.example"))
        error = refusal(lambda: execute("UPDATE dossiers_answer SET empty_reason = value WHERE key = 'language'"))
        assert error.diag.message_primary == "Une réponse a une valeur, ou une raison d’être vide."

    @pytest.mark.parametrize(
        ("key", "told"),
        [
            ("residence_right", Told("MARTIEN")),
            ("needs", Told("DEMARCHES,CHAT")),
            ("wished_communes", Told("75056")),
            ("rent_now", Told("-3")),
            ("rent_now", Told("212 e")),
            ("children", Told("-1")),
            ("renewed_on", Told("2026-02-31")),
            ("there_since", Told("2999-01-01")),
            ("resources", Told('[{"nature":"RSA","amount":"-5"}]')),
            ("resources", Told('[{"nature":"RSA"}]')),
            ("language", Told("x" * 201)),
            ("mots_menage", Told("x" * 10_001)),
            ("language", Told("peul", "REFUSED")),
            ("language", Told(reason="RUMEUR")),
            ("evaluated_on", Told(reason="REFUSED")),
        ],
    )
    def test_what_no_page_could_send_is_refused(self, key: str, told: Told) -> None:
        dossier = under_evaluation()
        with pytest.raises(OperationRefused):
            write_answers(dossier.pk, {key: told}, by=None)
        assert not Answer.objects.exists()

    def test_ten_thousand_letters_are_kept(self) -> None:
        dossier = under_evaluation()
        text = "« é » " * 1666
        write(dossier, mots_menage=text)
        assert value(dossier, "mots_menage") == text


class TestVersions:
    def test_a_frozen_version_is_never_written_and_the_next_one_takes_over(self, siao: User) -> None:
        dossier = under_evaluation()
        write(dossier, language="peul", resources=raw_lines([Line("RSA", Decimal(600))]))
        operations.freeze_evaluation(dossier)
        write(dossier, siao, reading="LIT")
        first, second = Evaluation.objects.filter(dossier=dossier).order_by("version")
        assert {row.key: row.value for row in Answer.objects.filter(evaluation=second)} == {
            "language": "peul",
            "reading": "LIT",
            "resources": None,
        }
        assert (second.resources, second.resourcelines.count()) == (Decimal(600), 1)
        assert not Answer.objects.filter(evaluation=first, key="reading").exists()

    @pytest.mark.parametrize(
        "table", ["dossiers_answer", "dossiers_resourceline", "dossiers_chargeline", "dossiers_debtline"]
    )
    def test_postgresql_refuses_to_write_beside_a_frozen_version(self, siao: User, table: str) -> None:
        dossier = under_evaluation()
        fill(dossier, siao)
        operations.freeze_evaluation(dossier)
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):  # noqa: S608
            error = refusal(partial(execute, statement))
            assert (error.sqlstate, error.diag.message_primary) == ("23514", FROZEN)
        evaluation = last_version(dossier)
        assert evaluation is not None
        refused = refusal(lambda: take_over(evaluation, evaluation))
        assert refused.diag.message_primary == FROZEN

    def test_an_answer_is_of_the_dossier_of_its_evaluation(self, siao: User) -> None:
        one, other = under_evaluation(), under_evaluation()
        fill(one, siao)
        error = refusal(lambda: execute("UPDATE dossiers_answer SET dossier_id = %s", other.pk))
        assert error.diag.message_primary == FROZEN

    def test_nothing_to_write_makes_no_version(self) -> None:
        dossier = under_evaluation()
        write(dossier, language="peul")
        operations.freeze_evaluation(dossier)
        done = write_answers(dossier.pk, {"language": Told("peul")}, by=None)
        assert done.outcomes == {"language": Outcome.SAME}
        assert Evaluation.objects.filter(dossier=dossier).count() == 1


class TestWho:
    @pytest.mark.parametrize("account", ["animation", "fol73", "sante", "prescripteur", "bailleur", "dpo", "etranger"])
    def test_only_who_instructs(self, cast: Cast, account: str) -> None:
        dossier = under_evaluation()
        with acting_as(cast[account]), pytest.raises((NotAllowed, Dossier.DoesNotExist)):
            write_answers(dossier.pk, {"language": Told("peul")}, by=cast[account])
        assert not Answer.objects.exists()

    def test_through_the_web_it_is_journaled_without_a_word_of_it(self, siao: User) -> None:
        dossier = under_evaluation()
        with acting_as(siao):
            write(dossier, siao, language="peul", resources=raw_lines([Line("RSA", Decimal(600))]))
            write(dossier, siao, resources="[]")
        entry = Entry.objects.filter(event="evaluation.written").order_by("recorded_at")[0]
        assert entry.codes == {"version": 1, "questions": ["language", "resources"]}
        assert OutboxMessage.objects.filter(task="dossier.changed").exists()

    def test_outside_its_time_it_is_refused(self) -> None:
        for state in State:
            dossier = make_dossier(state=state) if state != State.CLOS else None
            if dossier is None or state in (State.EN_EVALUATION, State.A_COMPLETER, State.EVALUE, State.PRET):
                continue
            with pytest.raises(OperationRefused, match="de son début à la présentation"):
                write_answers(dossier.pk, {"language": Told("peul")}, by=None)
