"""What differs between a dossier and its request of SI-SIAO, field by field. An empty cell differs from nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.crypto import salted_hmac

from cases.dossiers.models import (
    Dossier,
    Evaluation,
    HousingRequest,
    Participant,
    Person,
    PersonRole,
    ResidentialSituation,
    State,
)
from cases.dossiers.operations.answers.versions import NOT_NOW, WRITABLE
from cases.dossiers.operations.indexing import number_key
from core.names import fold
from exchange.models import CodedColumn, Compared, KeptDifference
from exchange.operations.matching import parts
from exchange.operations.values import CODES, Value, Word, word_key
from exchange.reading.codes import ethos_category, label_of
from exchange.reading.extraction import ExtractionRow

EVALUATED = frozenset({Compared.UNIQUE_NUMBER, Compared.HOUSEHOLD, Compared.ETHOS})
NAMES = frozenset({Compared.LAST_NAME, Compared.FIRST_NAME})
BY_AN_ACT = "L’état suit les actes : faites l’acte dans le dossier, ou gardez ce que dit Seuil."
CLOSED = "Ce dossier est clos : rouvrez-le avant de changer son ménage."


@dataclass(frozen=True, slots=True)
class Ours:
    """One dossier as it is compared: its titulaire, her stay, and what is written of each field, as text."""

    dossier: Dossier
    stay: Participant
    told: Mapping[Compared, str]
    names: frozenset[str]

    @property
    def person(self) -> Person:
        return self.stay.person


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one dossier: ours and theirs, as texts. `why_not` says why it cannot be accepted, when it cannot."""

    ours_of: Ours
    row: ExtractionRow
    field: Compared
    ours: str
    theirs: str

    @property
    def dossier(self) -> Dossier:
        return self.ours_of.dossier

    @property
    def told(self) -> str:
        """Both values, as they are kept once the difference is refused."""
        return json.dumps([self.ours, self.theirs], ensure_ascii=False)

    @property
    def mark(self) -> str:
        """What a person had before her when she answered; tells nothing of the values."""
        said = f"{self.dossier.pk}|{self.field}|{self.told}"
        return salted_hmac("exchange.difference", said, algorithm="sha256").hexdigest()[:32]

    @property
    def words(self) -> tuple[str, str]:
        """Ours and theirs, as one reads them."""
        return in_words(self.field, self.ours), in_words(self.field, self.theirs)

    @property
    def why_not(self) -> str:
        """Why this field is not taken over here; empty when it can be."""
        if self.field is Compared.STATUS:
            return BY_AN_ACT
        if self.field in EVALUATED:
            return "" if self.dossier.state in WRITABLE else NOT_NOW
        return CLOSED if self.dossier.state == State.CLOS else ""


def in_words(field: Compared, value: str) -> str:
    """A value as one reads it."""
    if not value:
        return "vide"
    if field is Compared.BIRTH_DATE:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    if field in CodedColumn.values:
        return CODES[CodedColumn(field)].get(value, value)
    return label_of(field, value)


def differences(
    pairs: Sequence[tuple[ExtractionRow, UUID]], known: Mapping[Word, Value], *, kept: bool = False
) -> Iterator[Difference]:
    """Those of these rows and dossiers, in the order of the rows; those that were refused only with `kept`."""
    for part in parts(pairs):
        ours = read_ours([dossier for _, dossier in part])
        refused = {} if kept else _kept(ours)
        for row, dossier in part:
            if dossier in ours:
                found = _of(ours[dossier], row, known)
                yield from (each for each in found if refused.get((dossier, each.field)) != each.told)


def read_ours(ids: Collection[UUID]) -> dict[UUID, Ours]:
    """What Seuil knows of these dossiers (one lot: see `parts`), in five queries."""
    stays = Participant.objects.filter(dossier__in=ids, role=PersonRole.TITULAIRE).select_related("dossier")
    held = {stay.dossier_id: stay for stay in stays}
    people = {person.pk: person for person in Person.objects.filter(pk__in=[stay.person_id for stay in held.values()])}
    evaluations = {each.dossier_id: each for each in Evaluation.objects.filter(dossier__in=ids).current()}
    requests = HousingRequest.objects.of_titulaires().filter(dossier__in=ids)
    numbers = {request.dossier_id: request.number for request in requests}
    lived = ResidentialSituation.objects.filter(dossier__in=ids).order_by("recorded_at", "pk")
    places = {(each.dossier_id, each.person_id): each.ethos for each in lived}
    found = {}
    for pk, stay in held.items():
        stay.person = person = people[stay.person_id]
        evaluation = evaluations.get(pk)
        told: dict[Compared, Any] = {
            Compared.LAST_NAME: person.last_name,
            Compared.FIRST_NAME: person.first_name,
            Compared.BIRTH_DATE: person.birth_date.isoformat() if person.birth_date else None,
            Compared.SEX: person.sex,
            Compared.UNIQUE_NUMBER: numbers.get(pk),
            Compared.HOUSEHOLD: evaluation and evaluation.household_type,
            Compared.ETHOS: (evaluation and evaluation.ethos) or places.get((pk, stay.person_id)),
            Compared.STATUS: stay.dossier.state,
        }
        names = frozenset(fold(name) for name in (person.last_name, person.birth_name, person.use_name) if name)
        found[pk] = Ours(stay.dossier, stay, {field: value or "" for field, value in told.items()}, names)
    return found


def theirs_of(row: ExtractionRow, known: Mapping[Word, Value]) -> dict[Compared, str]:
    """What a row says, as texts; of a coded column, what its word was said to mean, and nothing until it was."""
    said = {
        Compared.LAST_NAME: row.last_name,
        Compared.FIRST_NAME: row.first_name,
        Compared.BIRTH_DATE: row.birth_date.isoformat() if row.birth_date else None,
        Compared.SEX: row.sex,
        Compared.UNIQUE_NUMBER: row.unique_number,
    }
    for column in CodedColumn:
        word = getattr(row, column)
        value = known.get(word_key(column, word)) if word else None
        said[Compared(column.value)] = value.now.code if value else None
    return {field: value for field, value in said.items() if value}


def _of(ours: Ours, row: ExtractionRow, known: Mapping[Word, Value]) -> Iterator[Difference]:
    theirs = theirs_of(row, known)
    for field in Compared:
        if field in theirs and not _is_same(field, ours, theirs[field]):
            yield Difference(ours, row, field, ours.told[field], theirs[field])


def _is_same(field: Compared, ours: Ours, theirs: str) -> bool:
    """Case and accents of names, spaces of numbers, and the detail of an ETHOS category do not count."""
    mine = ours.told[field]
    if field is Compared.LAST_NAME:
        return fold(theirs) in ours.names
    if field in NAMES:
        return fold(mine) == fold(theirs)
    if field is Compared.UNIQUE_NUMBER:
        return number_key(mine) == number_key(theirs)
    if field is Compared.ETHOS and mine:
        return ethos_category(mine) == ethos_category(theirs)
    return mine == theirs


def _kept(ours: Mapping[UUID, Ours]) -> dict[tuple[UUID, str], str]:
    """The last difference that was refused of each field: both values."""
    rows = KeptDifference.objects.filter(dossier__in=ours.keys()).order_by("told_at", "pk")
    return {(row.dossier_id, row.field): row.told for row in rows}
