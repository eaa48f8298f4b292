"""Which dossier a request of SI-SIAO is: by its number when it is known, else by the unique number of the housing
request. A name and a birth date alone propose, and never decide.

Only what the person sees is looked at: a dossier that is hidden from her is not found, and nothing says that it exists.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from accounts.models import User
from cases.dossiers.models import (
    Dossier,
    Level,
    Participant,
    Person,
    PersonIndex,
    PersonRole,
    Prescription,
    State,
)
from cases.dossiers.operations.indexing import Kind, Known, known_of, token
from cases.dossiers.operations.indexing import number_key as unique_key
from cases.dossiers.operations.likeness import compare, numbers_of
from exchange.models import Recognised
from exchange.reading.extraction import ExtractionRow, number_key
from vault import blind, keys
from vault.models import KeyClass
from vault.rows import ROWS_AT_ONCE

SURER_FIRST = [Level.CERTAIN, Level.PROBABLE, Level.POSSIBLE]
Agrees = Callable[[ExtractionRow, Known], Level | None]
T = TypeVar("T")


@dataclass(slots=True)
class Matches:
    """The dossier of each row that is recognised, the one that each other row resembles, by rank; and rows that are of
    a dossier already taken by another row."""

    sure: dict[int, UUID] = field(default_factory=dict)
    likely: dict[int, UUID] = field(default_factory=dict)
    twice: dict[int, int] = field(default_factory=dict)

    @property
    def settled(self) -> set[int]:
        """The ranks of which nothing more is asked."""
        return self.sure.keys() | self.twice.keys()


@dataclass(slots=True)
class _Seen:
    """The dossiers that the person sees: whether each is open, and since when it exists."""

    order: dict[UUID, tuple[bool, datetime]]

    def best(self, found: Iterable[UUID]) -> UUID | None:
        """Of several situations of one household, the one that goes on; else the last one."""
        return max((pk for pk in found if pk in self.order), key=lambda pk: (*self.order[pk], pk), default=None)


def match(rows: Sequence[ExtractionRow], by: User) -> Matches:
    """Match these rows with the dossiers that `by` sees."""
    visible = Dossier.objects.visible_to(by).order_by().values_list("pk", "state", "created_at")
    seen = _Seen({pk: (state != State.CLOS, created_at) for pk, state, created_at in visible})
    found, taken, said = Matches(), dict[UUID, int](), _said()
    for row in rows:
        _take(row, seen.best(said.numbers.get(number_key(row.number), ())), found, taken)
    left = [row for row in rows if row.unique_number and row.rank not in found.settled]
    told = {row.rank: (Kind.NUMBER, unique_key(row.unique_number or "")) for row in left}
    for row, dossiers in _printed(left, told, seen, _same_number):
        _take(row, seen.best(dossiers[0] - said.apart_from(row)), found, taken)
    left = [row for row in rows if row.birth_date and row.rank not in found.settled]
    told = {row.rank: (Kind.BORN, row.birth_date.isoformat()) for row in left if row.birth_date}
    for row, dossiers in _printed(left, told, seen, _alike):
        groups = (seen.best(group - said.apart_from(row) - taken.keys()) for group in dossiers)
        if best := next((each for each in groups if each), None):
            found.likely[row.rank] = best
    return found


@dataclass(slots=True)
class _Said:
    """What was said of numbers of SI-SIAO: whose they are, and whose they are not."""

    numbers: dict[str, set[UUID]] = field(default_factory=dict)
    apart: dict[str, set[UUID]] = field(default_factory=dict)

    def apart_from(self, row: ExtractionRow) -> set[UUID]:
        """The dossiers of which it was said that this request is not theirs."""
        return self.apart.get(number_key(row.number), set())


def _said() -> _Said:
    """By entries, then by persons who recognised a request or did not: the last word holds."""
    said = _Said()
    entries = Prescription.objects.filter(si_siao_number__isnull=False).order_by("pk")
    for part in parts(list(entries.values_list("pk", flat=True))):
        for entry in Prescription.objects.filter(pk__in=part):
            said.numbers.setdefault(number_key(entry.si_siao_number or ""), set()).add(entry.dossier_id)
    told = Recognised.objects.order_by("told_at", "pk")
    for part in parts(list(told.values_list("pk", flat=True))):
        for each in told.filter(pk__in=part):
            key, place = number_key(each.number), each.dossier_id
            yes, no = (said.numbers, said.apart) if each.is_same else (said.apart, said.numbers)
            yes.setdefault(key, set()).add(place)
            no.get(key, set()).discard(place)
    return said


def _take(row: ExtractionRow, dossier: UUID | None, found: Matches, taken: dict[UUID, int]) -> None:
    if dossier is None:
        return
    if dossier in taken:
        found.twice[row.rank] = taken[dossier]
    else:
        found.sure[row.rank] = dossier
        taken[dossier] = row.row


def _same_number(row: ExtractionRow, known: Known) -> Level | None:
    mine = unique_key(row.unique_number or "")
    return Level.CERTAIN if mine in {unique_key(each) for each in known.numbers} else None


def _alike(row: ExtractionRow, known: Known) -> Level | None:
    numbers = (row.unique_number,) if row.unique_number else ()
    compared = compare(Known((row.last_name,), row.first_name, row.birth_date, numbers), known)
    return compared.level if compared else None


def _printed(
    rows: Sequence[ExtractionRow], told: Mapping[int, tuple[Kind, str]], seen: _Seen, agrees: Agrees
) -> Iterator[tuple[ExtractionRow, list[set[UUID]]]]:
    """Each row with the dossiers of the persons who have its print and agree, in groups, the surest first."""
    for group in parts(rows):
        prints: dict[int, list[int]] = {}
        for made in blind.blinders():
            for row in group:
                prints.setdefault(token(made, *told[row.rank]), []).append(row.rank)
        people: dict[int, set[UUID]] = {}
        for part in parts(list(prints)):
            for each, person in PersonIndex.objects.filter(token__in=part).values_list("token", "person_id"):
                for rank in prints[each]:
                    people.setdefault(rank, set()).add(person)
        wanted = {person for found in people.values() for person in found}
        known, places = _known(wanted), _places(wanted)
        for row in group:
            levels: dict[Level, set[UUID]] = {level: set() for level in SURER_FIRST}
            for person in people.get(row.rank, ()):
                if person in known and (level := agrees(row, known[person])):
                    levels[level] |= places.get(person, set()) & seen.order.keys()
            yield row, [levels[level] for level in SURER_FIRST]


def _known(wanted: Collection[UUID]) -> dict[UUID, Known]:
    found: dict[UUID, Known] = {}
    for part in parts(list(wanted)):
        keys.warm(part, [KeyClass.IDENTITY])
        numbers = numbers_of(part)
        people = Person.objects.filter(pk__in=part)
        found |= {person.pk: known_of(person, numbers.get(person.pk, ())) for person in people}
    return found


def _places(wanted: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """The dossiers of which each person is the titulaire."""
    found: dict[UUID, set[UUID]] = {}
    for part in parts(list(wanted)):
        held = Participant.objects.filter(person__in=part, role=PersonRole.TITULAIRE)
        for person, dossier in held.values_list("person_id", "dossier_id"):
            found.setdefault(person, set()).add(dossier)
    return found


def parts(every: Sequence[T]) -> Iterator[Sequence[T]]:
    """In lots that one statement takes, and whose keys are held together."""
    for start in range(0, len(every), ROWS_AT_ONCE):
        yield every[start : start + ROWS_AT_ONCE]
