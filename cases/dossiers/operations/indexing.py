"""The prints by which a person is found: written with her, made again when the keys of the index change.

Kinds and bits are those that were measured (ADR 0023). Who gives a person another name adds it to `SURNAMES`, another
number to `Known`, and nothing else. Health, justice and debts have no print: `vault.blind` refuses them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from uuid import UUID, uuid4

from django.db import transaction

from audit import journal
from cases.dossiers.models import HousingRequest, Person, PersonIndex
from core import outbox
from core.gathering import gathering, insert
from core.sounds import bones
from core.spellings import BEGINNING, forms, neighbours, written_sounds
from vault import blind, keys
from vault.blind import Blinder, Index
from vault.models import KeyClass
from vault.rows import ROWS_AT_ONCE

SURNAMES = ("last_name", "birth_name", "use_name", "known_as")  # fields of a person that hold a family name
LOOK = "likeness.look"  # the worker's task: who resembles the persons of a dossier
PLACE = 24  # bits kept for the print in a token: its kind stands above
AT_ONCE = 200  # persons printed again in one transaction
ROOTS_ARE_KEPT = timedelta(seconds=2 * blind.KEPT_SECONDS)
"""How long a process may still print under the epoch before: the old root lives longer."""


class Kind(IntEnum):
    """What is printed. The number is in the token: it never changes."""

    SOUND = 1  # the phonetic key of a form of her names
    NEAR = 2  # the same of her family names, and what is left of it without one letter
    BONES = 3  # its consonants
    BEGINNING = 4  # the first letters of a form
    BORN = 5  # birth date
    BORN_SOUND = 6  # year of birth and phonetic key, together: the year alone has too few values
    NUMBER = 7  # unique number of her housing request


INDEXES: dict[Kind, Index] = {
    Kind.SOUND: Index("dossiers.person.sound", bits=16),
    Kind.NEAR: Index("dossiers.person.near", bits=18),
    Kind.BONES: Index("dossiers.person.bones", bits=16),
    Kind.BEGINNING: Index("dossiers.person.beginning", bits=16),
    Kind.BORN: Index("dossiers.person.born", bits=16),
    Kind.BORN_SOUND: Index("dossiers.person.born_sound", bits=16),
    Kind.NUMBER: Index("dossiers.person.number", bits=16),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is looked for of a person, in clear: it lives as long as the call."""

    surnames: tuple[str, ...]
    first_name: str | None = None
    birth_date: date | None = None
    numbers: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.surnames, self.first_name) if self.first_name else self.surnames


def token(made: Blinder, kind: Kind, value: str) -> int:
    """The print of a value under one epoch, its kind above."""
    return kind << PLACE | made.blind(INDEXES[kind], value)


def number_key(number: str) -> str:
    """A unique number as it is compared: capitals and digits alone."""
    return "".join(sign for sign in number.upper() if sign.isalnum())


def tokens_of(known: Known, made: Blinder) -> set[int]:
    """Every print of a person under one epoch."""
    of_surnames = {sound for name in known.surnames for sound in written_sounds(name)}
    every = of_surnames | (written_sounds(known.first_name) if known.first_name else frozenset())
    spelled = {form.letters for name in known.names for form in forms(name)}
    told = {
        Kind.SOUND: every,
        Kind.NEAR: {near for sound in of_surnames for near in neighbours(sound)},
        Kind.BONES: {bones(sound) for sound in every},
        Kind.BEGINNING: {form[:BEGINNING] for form in spelled},
        Kind.NUMBER: {number_key(number) for number in known.numbers},
    }
    if known.birth_date is not None:
        told[Kind.BORN] = {known.birth_date.isoformat()}
        told[Kind.BORN_SOUND] = {f"{known.birth_date.year}|{sound}" for sound in of_surnames}
    return {token(made, kind, value) for kind, values in told.items() for value in values if value}


def known_of(person: Person, numbers: Iterable[str | None] = ()) -> Known:
    """What is known of a person, opened; `numbers` are those of her requests."""
    surnames = tuple(name for field in SURNAMES if (name := getattr(person, field)))
    return Known(surnames, person.first_name, person.birth_date, tuple(number for number in numbers if number))


def index_rows(person_id: UUID, known: Known, made: Blinder) -> Iterator[PersonIndex]:
    """The rows of a new person; for COPY too."""
    for each in sorted(tokens_of(known, made)):
        yield PersonIndex(person_id=person_id, token=each, epoch=made.epoch)


def index_new_person(person: Person, numbers: Iterable[str | None] = ()) -> None:
    """Print a person just inserted, in the transaction that inserts her."""
    with gathering(PersonIndex):  # one statement; an import gathers those of many persons
        for row in index_rows(person.pk, known_of(person, numbers), blind.blinder()):
            insert(row)


def index_person(person_id: UUID) -> None:
    """Print again a person whose names, birth date or number changed, in the transaction of the change."""
    index_people([person_id])


def ask_to_look(dossier_id: UUID) -> None:
    """The worker looks for who resembles the persons of this dossier, in a moment."""
    outbox.enqueue(LOOK, dossier=str(dossier_id))


def index_people(person_ids: Collection[UUID]) -> int:
    """Print again these persons under the newest epoch; how many rows. Belongs to a transaction."""
    made = blind.blinder()
    people = list(Person.objects.filter(pk__in=person_ids))
    keys.warm([person.pk for person in people], [KeyClass.IDENTITY])
    numbers: dict[UUID, list[str | None]] = {}
    for request in HousingRequest.objects.filter(person__in=person_ids):
        numbers.setdefault(request.person_id, []).append(request.number)
    rows = [
        row for person in people for row in index_rows(person.pk, known_of(person, numbers.get(person.pk, ())), made)
    ]
    PersonIndex.objects.filter(person__in=[person.pk for person in people]).delete()
    PersonIndex.objects.bulk_create(rows)
    return len(rows)


def rebuild(*, after: UUID | None = None) -> UUID | None:
    """Print again the next persons after this id; the last of them, None when there is none left. For the worker."""
    following = Person.objects.order_by("pk") if after is None else Person.objects.order_by("pk").filter(pk__gt=after)
    ids = list(following.values_list("pk", flat=True)[: min(AT_ONCE, ROWS_AT_ONCE)])
    if not ids:
        return None
    with transaction.atomic():
        index_people(ids)
    return ids[-1]


@transaction.atomic
def rotate() -> int:
    """Begin an epoch of the index keys; everything is printed again by the worker, then the old root is destroyed.

    The number of the new epoch. Searches find under both meanwhile.
    """
    epoch = blind.begin_epoch()
    journal.record("index.rotated", target=uuid4(), by=None, epoch=epoch)
    outbox.enqueue("index.rebuild", after=ROOTS_ARE_KEPT, epoch=epoch, person=None)
    return epoch


@transaction.atomic
def rebuild_next(epoch: int, after: UUID | None) -> None:
    """One batch of a rotation; the next one is asked for, and the end of the old roots once all is printed."""
    last = rebuild(after=after)
    if last is not None:
        outbox.enqueue("index.rebuild", epoch=epoch, person=str(last))
    elif PersonIndex.objects.filter(epoch__lt=epoch).exists():  # written under the old key meanwhile
        outbox.enqueue("index.rebuild", epoch=epoch, person=None)
    else:
        ended = blind.end_epochs(epoch)
        journal.record("index.root_destroyed", target=uuid4(), by=None, ended=ended)
