"""A child is expected, then born under the same identifier; the animals of a household."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import (
    Dossier,
    ExpectedBirth,
    HouseholdAnimals,
    HouseholdFact,
    Participant,
    PersonRole,
    Relation,
)
from cases.dossiers.operations.household.common import open_household, record, require_past, tell
from cases.dossiers.operations.household.members import Identity, Place, new_member
from cases.dossiers.operations.likeness import look_for_likenesses
from core.errors import OperationRefused

LONGEST, LATEST = timedelta(days=300), timedelta(days=60)
MOST = 99


@dataclass(frozen=True, slots=True)
class NewAnimals:
    """How many dogs and cats; `dog_category` is « 1 », « 2 » or nothing; `others` in a few words."""

    dogs: int = 0
    dog_category: str = ""
    cats: int = 0
    others: str = ""


@transaction.atomic
def expect_birth(dossier_id: UUID, expected_on: date, *, by: User | None) -> ExpectedBirth:
    """A child will be born in this household. Raises `OperationRefused` for a day that cannot be."""
    dossier = open_household(dossier_id, by=by)
    today = timezone.localdate()
    if not today - LATEST <= expected_on <= today + LONGEST:
        raise OperationRefused("Écrivez la date prévue de la naissance : dans moins de dix mois.")
    pk = uuid4()
    birth = ExpectedBirth(
        id=pk, subject_id=pk, dossier=dossier, expected_on=expected_on, recorded_at=timezone.now(), recorded_by=by
    )
    birth.save(force_insert=True)
    record(dossier, "household.birth_expected", target=pk, by=by)
    return birth


@transaction.atomic
def close_expected_birth(dossier_id: UUID, birth_id: UUID, *, by: User | None) -> ExpectedBirth:
    """No birth is expected any more; nothing else is asked, nor said."""
    dossier = open_household(dossier_id, by=by)
    birth = _expected(dossier, birth_id)
    record(dossier, "household.birth_closed", target=birth.pk, by=by)
    return birth


@transaction.atomic
def record_birth(dossier_id: UUID, birth_id: UUID, who: Identity, *, by: User | None) -> Participant:
    """The child is born: she becomes a member under the identifier of the birth. Raises as
    `enter_household`."""
    dossier = open_household(dossier_id, by=by)
    if who.birth_date is None:
        raise OperationRefused("Écrivez la date de naissance de l’enfant.")
    require_past(who.birth_date)
    birth = _expected(dossier, birth_id)
    place = Place(PersonRole.ENFANT, Relation.ENFANT)
    member = new_member(dossier, birth.pk, who, place, on=who.birth_date)
    look_for_likenesses(dossier.pk, by)
    tell(dossier, "household.born", HouseholdFact.NAISSANCE, on=who.birth_date, target=birth.pk, by=by)
    return member


@transaction.atomic
def note_animals(dossier_id: UUID, told: NewAnimals, *, by: User | None) -> HouseholdAnimals:
    """Which animals live with the household. Raises `OperationRefused` for a category without a dog."""
    dossier = open_household(dossier_id, by=by)
    if not (0 <= told.dogs <= MOST and 0 <= told.cats <= MOST):
        raise OperationRefused("Écrivez un nombre d’animaux de 0 à 99.")
    if told.dog_category not in ("", "1", "2") or (told.dog_category and not told.dogs):
        raise OperationRefused("La catégorie se dit d’un chien : écrivez combien il y en a.")
    row = HouseholdAnimals.objects.filter(dossier=dossier).first() or HouseholdAnimals(
        subject_id=dossier.household_id, dossier=dossier
    )
    row.dogs, row.cats = str(told.dogs), str(told.cats)
    row.dog_category, row.others = told.dog_category or None, told.others or None
    row.recorded_at = timezone.now()
    row.save()
    record(dossier, "household.animals", target=row.pk, by=by)
    return row


def _expected(dossier: Dossier, birth_id: UUID) -> ExpectedBirth:
    """The birth, no longer expected from now. Raises `OperationRefused` when it was not."""
    birth = ExpectedBirth.objects.filter(dossier=dossier, pk=birth_id, closed_at=None).first()
    if birth is None:
        raise OperationRefused("Cette naissance n’est plus attendue. Rechargez la page.")
    birth.closed_at = timezone.now()
    birth.save(update_fields=["closed_at"])
    return birth
