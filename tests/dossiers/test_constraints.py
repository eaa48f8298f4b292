"""What PostgreSQL refuses of a dossier, whoever writes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import (
    Dossier,
    DossierEvent,
    Evaluation,
    EventKind,
    Hold,
    HoldCode,
    Household,
    HousingRequest,
    Participant,
    Person,
    PersonRole,
    ResidentialSituation,
    State,
)
from core.errors import OperationRefused
from tests.factories import make_dossier
from tests.fixtures import execute, refusal

pytestmark = pytest.mark.django_db
NOW = timezone.now
SEAL = "Une ligne chiffrée ne change ni d’identifiant ni de personne."

STATEMENTS = {
    "dossier_reference": "UPDATE dossiers_dossier SET reference = (SELECT min(reference) FROM dossiers_dossier)",
    "dossier_has_reference": "UPDATE dossiers_dossier SET reference = ''",
    "dossier_source": "UPDATE dossiers_dossier SET source = 'RUMEUR'",
    "dossier_closed_with_its_date": "UPDATE dossiers_dossier SET closed_on = now()",
    "dossier_adjourned_until": "UPDATE dossiers_dossier SET source = 'ACT', state = 'AJOURNE'",
    "dossier_not_its_own_predecessor": "UPDATE dossiers_dossier SET predecessor_id = id",
    "participant_role": "UPDATE dossiers_participant SET role = 'CHAT'",
    "event_kind": "UPDATE dossiers_dossierevent SET kind = 'RUMEUR'",
    "event_source": "UPDATE dossiers_dossierevent SET source = 'RUMEUR'",
    "event_instruction_has_motive": "UPDATE dossiers_dossierevent SET kind = 'INSTRUCTION', motive = NULL",
    "event_outcome_is_coded": "UPDATE dossiers_dossierevent SET kind = 'OUTCOME', detail = NULL",
    "evaluation_version_from_1": "UPDATE dossiers_evaluation SET version = 0",
    "motive_level": "UPDATE dossiers_motive SET level = 'RUMEUR'",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_refused(name: str) -> None:
    make_dossier()
    make_dossier()
    assert refusal(lambda: execute(STATEMENTS[name])).diag.constraint_name == name


def test_closed_without_its_date(dossier: Dossier) -> None:
    error = refusal(lambda: execute("UPDATE dossiers_dossier SET state = 'CLOS'"))
    assert error.diag.constraint_name == "dossier_closed_with_its_date"


def test_a_state_that_does_not_exist(dossier: Dossier) -> None:
    """No move leads there, and none may be born there."""
    born = Dossier(reference="TEST-AILLEURS", household=dossier.household, state="AILLEURS", created_at=NOW())
    assert refusal(born.save).diag.constraint_name == "dossier_state"


def person_of(dossier: Dossier) -> Person:
    return Person.objects.get(participations__dossier=dossier)


ROWS: dict[str, Callable[[Dossier], object]] = {
    "participant_once": lambda dossier: Participant.objects.create(
        dossier=dossier, person=person_of(dossier), role=PersonRole.AUTRE
    ),
    "participant_one_titulaire": lambda dossier: Participant.objects.create(
        dossier=dossier, person=person_of(make_dossier()), role=PersonRole.TITULAIRE
    ),
    "evaluation_version": lambda dossier: Evaluation.objects.create(
        dossier=dossier, subject_id=dossier.household_id, version=1, source="ACT", recorded_at=NOW()
    ),
    "housing_request_once": lambda dossier: HousingRequest.objects.create(
        dossier=dossier, person=person_of(dossier), subject_id=person_of(dossier).pk, recorded_at=NOW()
    ),
    "housing_request_subject": lambda dossier: HousingRequest.objects.create(
        dossier=dossier, person=person_of(make_dossier()), subject_id=dossier.household_id, recorded_at=NOW()
    ),
    "residence_subject": lambda dossier: residence(dossier, subject=dossier.household_id),
    "residence_dates": lambda dossier: residence(dossier, started_on=date(2024, 2, 1), ended_on=date(2024, 1, 1)),
    "person_is_own_subject": lambda dossier: Person.objects.create(
        subject_id=dossier.household_id, last_name="Orsel", created_at=NOW()
    ),
    "hold_once": lambda dossier: [
        Hold.objects.create(dossier=dossier, code=HoldCode.LEASE, holder_id=dossier.pk, placed_at=NOW())
        for _ in range(2)
    ],
    "hold_dates": lambda dossier: Hold.objects.create(
        dossier=dossier, code=HoldCode.LEASE, holder_id=uuid4(), placed_at=NOW(), released_at=NOW().replace(year=2020)
    ),
    "hold_code": lambda dossier: Hold.objects.create(
        dossier=dossier, code="RUMEUR", holder_id=uuid4(), placed_at=NOW()
    ),
}


def residence(dossier: Dossier, subject: UUID | None = None, **dates: date) -> ResidentialSituation:
    person = person_of(dossier)
    made: ResidentialSituation = ResidentialSituation.objects.create(
        dossier=dossier,
        person=person,
        subject_id=subject or person.pk,
        ethos="8.1 chez des tiers",
        source="ACT",
        recorded_at=NOW(),
        **dates,
    )
    return made


@pytest.mark.parametrize("name", ROWS)
def test_a_row_that_may_not_be(dossier: Dossier, name: str) -> None:
    assert refusal(lambda: ROWS[name](dossier)).diag.constraint_name == name


@pytest.mark.parametrize("model", [Person, Evaluation, HousingRequest, DossierEvent])
def test_a_sealed_row_keeps_its_subject_and_its_identity(dossier: Dossier, model: type[Person]) -> None:
    table = model._meta.db_table
    for column in ("id", "subject_id"):
        error = refusal(lambda: execute(f"UPDATE {table} SET {column} = gen_random_uuid()"))  # noqa: B023, S608
        assert (error.sqlstate, error.diag.message_primary) == ("23514", SEAL)


@pytest.mark.parametrize("column", ["last_name", "first_name", "birth_date", "sex"])
def test_plain_text_is_refused_where_sealed_bytes_are_expected(dossier: Dossier, column: str) -> None:
    for value in (b"Orsel", b"", b"Orsel" * 20):
        error = refusal(lambda: execute(f"UPDATE dossiers_person SET {column} = %s", value))  # noqa: B023, S608
        assert error.sqlstate == "23514"


def test_released_it_may_hold_again(dossier: Dossier) -> None:
    holder = uuid4()
    for _ in range(2):
        operations.hold(dossier, HoldCode.PECULE, holder=holder, by=None)
        operations.release(dossier, HoldCode.PECULE, holder=holder, by=None)
    assert Hold.objects.filter(holder_id=holder).count() == 2


def test_releasing_what_does_not_hold_says_nothing(dossier: Dossier) -> None:
    operations.release(dossier, HoldCode.PECULE, holder=uuid4(), by=None)
    assert not Entry.objects.filter(event="dossier.released").exists()


def test_nothing_opens_on_a_closed_dossier(dossier: Dossier) -> None:
    operations.close(dossier.pk, by=None, on=date(2026, 3, 2), outcome="DECES")
    with pytest.raises(OperationRefused, match="rouvrez-le"):
        operations.hold(dossier, HoldCode.LEASE, holder=uuid4(), by=None)


class TestCorrections:
    def test_a_correction_stands_for_what_it_corrects(self, dossier: Dossier) -> None:
        first = operations.state_fact(dossier, operations.NewFact(EventKind.LEASE, date(2024, 1, 5)), by=None)
        second = operations.correct_fact(dossier, operations.NewFact(EventKind.LEASE, date(2024, 1, 6)), by=None)
        assert second.corrects == first
        assert DossierEvent.objects.get(pk=first.pk).on == date(2024, 1, 5)
        assert operations.last_standing(dossier, EventKind.LEASE) == second
        kinds = DossierEvent.objects.standing().filter(kind=EventKind.LEASE)
        assert list(kinds) == [second]

    def test_a_fact_is_corrected_once(self, dossier: Dossier) -> None:
        first = operations.state_fact(dossier, operations.NewFact(EventKind.LEASE), by=None)
        operations.state_fact(dossier, operations.NewFact(EventKind.LEASE), by=None, corrects=first)
        again = operations.NewFact(EventKind.LEASE)
        error = refusal(lambda: operations.state_fact(dossier, again, by=None, corrects=first))
        assert error.sqlstate == "23505"


def test_a_household_has_several_situations(dossier: Dossier) -> None:
    household = Household.objects.get()
    other = Dossier.objects.create(
        reference="TEST-SUITE", household=household, predecessor=dossier, created_at=NOW(), state=State.PRESCRIT
    )
    assert set(household.dossiers.all()) == {dossier, other}
    assert list(dossier.successors.all()) == [other]
