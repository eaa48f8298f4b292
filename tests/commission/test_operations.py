"""Séances and passages that a register tells: examen, sealed snapshot, dated facts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from accounts.models import Organisation, User
from audit.models import Entry
from cases.dossiers.models import Dossier, DossierEvent, Evaluation, EventKind, Source
from commission.models import DECISIONS, PRESENTED, Examen, ExamenState, Seance, SeanceState, Snapshot
from commission.operations import (
    PastExamen,
    age_on,
    complete_past_seance,
    days_with_several_seances,
    decide_past_examen,
    record_past_examen,
    record_past_seance,
    retake_snapshot,
    seance_of,
    take_snapshot,
)
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, refusal

pytestmark = pytest.mark.django_db
DAY = date(2023, 3, 16)
FROZEN = "Une fiche présentée en commission ne change plus : une correction en fait une nouvelle version."


@pytest.fixture
def seance(db: None) -> Seance:
    return record_past_seance(DAY, "Chambéry", [], by=None)


def kinds(dossier: Dossier) -> list[str]:
    told = [EventKind.PRESENTATION, EventKind.DECISION]
    return sorted(DossierEvent.objects.filter(dossier=dossier, kind__in=told).values_list("kind", flat=True))


class TestSeance:
    def test_past_ones_are_closed_and_later_ones_planned(self) -> None:
        today = timezone.localdate()
        for days, state in ((-1, SeanceState.CLOTUREE), (0, SeanceState.CLOTUREE), (1, SeanceState.PLANIFIEE)):
            made = record_past_seance(today + timedelta(days=days), "Aix", [], by=None)
            assert (made.state, made.source) == (state, Source.IMPORT)
        assert Seance.objects.held().count() == 2
        assert [each.held_on for each in Seance.objects.to_come()] == [today + timedelta(days=1)]

    def test_one_a_day_in_a_place_however_it_is_written(self, seance: Seance) -> None:
        error = refusal(lambda: record_past_seance(DAY, "  CHAMBERY ", [], by=None))
        assert error.diag.constraint_name == "seance_date_and_place"
        record_past_seance(DAY, "Aix-les-Bains", [], by=None)
        assert days_with_several_seances([DAY, date(2023, 4, 1)]) == {DAY}
        with pytest.raises(OperationRefused, match="16/03/2023"):
            seance_of(DAY)

    def test_the_seance_of_a_day(self, seance: Seance) -> None:
        assert seance_of(DAY) == seance
        assert seance_of(DAY + timedelta(days=1)) is None

    def test_completed_without_losing_anybody(self, siao: User, cast: Cast) -> None:
        one, other = Organisation.objects.filter(kind="BAILLEUR")
        seance = record_past_seance(DAY, "", [one], by=siao)
        for _ in range(2):
            complete_past_seance(seance, place="Chambéry", present=[one, other], by=siao)
        seance.refresh_from_db()
        assert (seance.place, seance.place_key) == ("Chambéry", "chambery")
        assert Seance.objects.with_presences().get().present_count == 2  # type: ignore[attr-defined]

    @pytest.mark.parametrize("account", ["animation", "bailleur", "coordination", "etranger"])
    def test_not_by_everybody(self, cast: Cast, seance: Seance, account: str) -> None:
        user = cast[account]
        nothing = Dossier(reference="TEST-ABSENT")  # refused before it is looked at
        with acting_as(user):
            for work in (
                partial(record_past_seance, date(2024, 1, 1), "Aix", [], by=user),
                partial(complete_past_seance, seance, place="", present=[], by=user),
                partial(record_past_examen, nothing, PastExamen(seance, ExamenState.VALIDEE), by=user),
                partial(decide_past_examen, Examen(), ExamenState.VALIDEE, by=user),
                partial(retake_snapshot, nothing, by=user),
            ):
                with pytest.raises(NotAllowed):
                    work()
        assert Seance.objects.count() == 1


class TestExamen:
    @pytest.mark.parametrize("state", ExamenState)
    def test_its_facts_are_those_that_happened(
        self, siao: User, dossier: Dossier, seance: Seance, state: ExamenState
    ) -> None:
        with acting_as(siao):
            examen = record_past_examen(dossier, PastExamen(seance, state), by=siao)
        presented, decided = state in PRESENTED, state in DECISIONS
        assert examen.decided_on == (DAY if decided else None)
        assert kinds(dossier) == ["DECISION"] * decided + ["PRESENTATION"] * presented
        assert Snapshot.objects.filter(examen=examen).count() == presented
        assert list(Examen.objects.presented()) == ([examen] if presented else [])
        assert Entry.objects.get(event="examen.recorded").codes == {"state": state.value}
        tasks = set(OutboxMessage.objects.values_list("task", flat=True))
        assert {"seance.changed", "dossier.changed"} <= tasks

    def test_once_in_a_seance_unless_withdrawn(self, dossier: Dossier, seance: Seance) -> None:
        record_past_examen(dossier, PastExamen(seance, ExamenState.RETIREE), by=None)
        record_past_examen(dossier, PastExamen(seance, ExamenState.PRESENTEE), by=None)
        again = partial(record_past_examen, dossier, PastExamen(seance, ExamenState.PRESENTEE), by=None)
        assert refusal(again).diag.constraint_name == "examen_once_a_seance"

    @pytest.mark.parametrize("state", DECISIONS)
    def test_a_decision_told_later(self, siao: User, dossier: Dossier, seance: Seance, state: ExamenState) -> None:
        examen = record_past_examen(dossier, PastExamen(seance, ExamenState.PRESENTEE), by=siao)
        with acting_as(siao):
            decided = decide_past_examen(examen, state, by=siao)
        assert (decided.state, decided.decided_on) == (state, DAY)
        assert kinds(dossier) == ["DECISION", "PRESENTATION"]

    def test_a_decision_taken_is_not_changed_by_an_import(self, siao: User, dossier: Dossier, seance: Seance) -> None:
        examen = record_past_examen(dossier, PastExamen(seance, ExamenState.VALIDEE), by=siao)
        with acting_as(siao), pytest.raises(OperationRefused, match="« Validée » dans Seuil, « Non validée »"):
            decide_past_examen(examen, ExamenState.NON_VALIDEE, by=siao)
        assert Examen.objects.get().state == ExamenState.VALIDEE

    @pytest.mark.parametrize("statement", ["SET decided_on = NULL", "SET state = 'PRESENTEE', decided_on = NULL"])
    def test_a_decision_has_its_date_and_stays(self, dossier: Dossier, seance: Seance, statement: str) -> None:
        record_past_examen(dossier, PastExamen(seance, ExamenState.VALIDEE), by=None)
        assert refusal(lambda: execute(f"UPDATE commission_examen {statement}")).sqlstate == "23514"


class TestSnapshot:
    def test_it_tells_what_was_known_that_day(self, dossier: Dossier, seance: Seance) -> None:
        examen = record_past_examen(dossier, PastExamen(seance, ExamenState.VALIDEE), by=None)
        snapshot = Snapshot.objects.get(examen=examen)
        assert (snapshot.age, snapshot.resources, snapshot.resource) == (Decimal(39), Decimal("607.75"), "RSA")
        assert (snapshot.version, snapshot.subject_id) == (1, dossier.household_id)
        assert Evaluation.objects.get().frozen_at is not None

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE commission_snapshot SET version = 2",
            "UPDATE commission_snapshot SET age = NULL",
            "DELETE FROM commission_snapshot",
        ],
    )
    def test_postgresql_refuses_any_change(self, dossier: Dossier, seance: Seance, statement: str) -> None:
        record_past_examen(dossier, PastExamen(seance, ExamenState.VALIDEE), by=None)
        error = refusal(lambda: execute(statement))
        assert (error.sqlstate, error.diag.message_primary) == ("23514", FROZEN)

    def test_a_correction_is_the_next_version(self, siao: User, dossier: Dossier, seance: Seance) -> None:
        examen = record_past_examen(dossier, PastExamen(seance, ExamenState.VALIDEE), by=siao)
        Evaluation(
            dossier=dossier,
            subject_id=dossier.household_id,
            version=2,
            resources=Decimal(900),
            source=Source.IMPORT,
            recorded_at=timezone.now(),
        ).save()
        with acting_as(siao):
            retake_snapshot(dossier, by=siao)
        (last,) = Snapshot.objects.last_versions()
        assert (last.examen, last.version, last.resources) == (examen, 2, Decimal(900))
        assert Snapshot.objects.get(version=1).resources == Decimal("607.75")
        assert Entry.objects.get(event="snapshot.corrected").codes == {"version": 2}

    def test_an_unknown_birth_date_gives_no_age(self, seance: Seance) -> None:
        dossier = make_dossier(birth_date=None)
        examen = record_past_examen(dossier, PastExamen(seance, ExamenState.PRESENTEE), by=None)
        assert Snapshot.objects.get(examen=examen).age is None

    def test_a_version_is_taken_once(self, dossier: Dossier, seance: Seance) -> None:
        examen = record_past_examen(dossier, PastExamen(seance, ExamenState.PRESENTEE), by=None)
        assert refusal(lambda: take_snapshot(examen, version=1)).diag.constraint_name == "snapshot_version"


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(1984, 2, 29), date(2023, 2, 28), 38),
        (date(1984, 2, 29), date(2023, 3, 1), 39),
        (date(1984, 2, 29), date(2024, 2, 29), 40),
        (date(1970, 3, 16), DAY, 53),
        (date(1970, 3, 17), DAY, 52),
        (date(1970, 3, 15), DAY, 53),
        (DAY, DAY, 0),
    ],
)
def test_completed_years(born: date, day: date, age: int) -> None:
    assert age_on(born, day) == age
