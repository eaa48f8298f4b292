"""Two persons who may be one: noticed when a person comes in, or her name, birth date or number changes.

Who writes is told at once of those that she sees; the worker then looks among all of them, and what it notices is
seen, by row security, by who sees both persons and by nobody else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Exists, IntegerField, OuterRef, Value, When
from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import Dossier, HousingRequest, Level, Likeness, LikenessQuerySet, Participant, Person, Why
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.finding import WEIGHTS, hits, name_tokens
from cases.dossiers.operations.indexing import Kind, Known, ask_to_look, known_of, number_key, token
from cases.dossiers.operations.linking import require_both, same_as
from core.errors import OperationRefused
from core.spellings import NEAR, first_names_nearness, surnames_nearness
from vault import blind, keys
from vault.models import KeyClass

MOST = 40  # persons compared with one
CLOSE_ENOUGH = 0.8
SURER_FIRST = Case(
    *(When(level=level, then=Value(rank)) for rank, level in enumerate(Level)), output_field=IntegerField()
)


@dataclass(frozen=True, slots=True)
class Compared:
    """What two persons have in common: the degree, and why, in codes."""

    level: Level
    reasons: tuple[Why, ...]


def look_for_likenesses(dossier_id: UUID, by: User | None) -> None:
    """A person of this dossier came, or is known better: at once among those that `by` sees, for who instructs; among
    all, by the worker."""
    if by is not None and by.has_perm(INSTRUCT):
        notice(dossier_id)
    ask_to_look(dossier_id)


@transaction.atomic
def notice(dossier_id: UUID) -> int:
    """Note who resembles the persons of this dossier among those that the actor sees; how many are new.

    Members of one dossier are not compared; a pair noted before, whatever was answered, is left as it is.
    """
    members = list(Participant.objects.filter(dossier=dossier_id).select_related("person"))
    known = _known({member.person_id: member.person for member in members})
    fresh = [each for person_id, hers in known.items() for each in _likenesses(person_id, hers)]
    pairs = Likeness.objects.filter(one__in=[e.one_id for e in fresh], other__in=[e.other_id for e in fresh])
    told = set(pairs.values_list("one", "other"))
    new = {(each.one_id, each.other_id): each for each in fresh if (each.one_id, each.other_id) not in told}
    # in one order: two households written at once wait for each other one way only
    Likeness.objects.bulk_create([new[pair] for pair in sorted(new)], ignore_conflicts=True)
    return len(new)


@transaction.atomic
def compare_by_hand(one_id: UUID, other_id: UUID, *, by: User) -> Likeness:
    """The question whether these two are one, asked by `by`, who believes so; that of before when there is one.

    Raises `OperationRefused` for a person and herself, for two of one household, for one whom `by` does not see.
    """
    require_both(one_id, other_id, by)
    together = Participant.objects.filter(person=one_id, dossier__participants__person=other_id)
    if together.exists():
        raise OperationRefused("Ces deux personnes sont dans le même ménage : corrigez plutôt sa composition.")
    first, second = sorted((one_id, other_id))
    people = _known(Person.objects.in_bulk([first, second]))
    found = compare(people[first], people[second]) or Compared(Level.POSSIBLE, ())
    asked = {
        "level": found.level,
        "reasons": [*(reason.value for reason in found.reasons), Why.BY_HAND.value],
        "noticed_at": timezone.now(),
    }
    likeness, _ = Likeness.objects.get_or_create(one_id=first, other_id=second, defaults=asked)
    return likeness


def likenesses_awaiting(user: User) -> LikenessQuerySet:
    """Those to answer, between persons whom `user` sees, the surest first; none for who does not instruct."""
    if not user.has_perm(INSTRUCT):
        return Likeness.objects.none()
    visible = Participant.objects.filter(dossier__in=Dossier.objects.visible_to(user))
    seen = Exists(visible.filter(person=OuterRef("one"))), Exists(visible.filter(person=OuterRef("other")))
    return Likeness.objects.open().filter(*seen).order_by(SURER_FIRST, "noticed_at", "pk")


def compare(one: Known, other: Known) -> Compared | None:
    """How sure it is that they are one, None when nothing speaks for it. The rules are those of ADR 0023."""
    names, family, first = _names(one, other)
    dates = _dates(one.birth_date, other.birth_date)
    same_number = {number_key(n) for n in one.numbers} & {number_key(n) for n in other.numbers}
    level = _level(names, family, first, dates)
    reasons = [*_name_reasons(one, other, names, family, first), *([dates] if dates else [])]
    if same_number:
        agrees = names >= CLOSE_ENOUGH or (dates is Why.SAME_DATE and max(family, first) >= CLOSE_ENOUGH)
        return Compared(Level.CERTAIN if agrees else Level.PROBABLE, (Why.SAME_NUMBER, *reasons))
    return None if level is None else Compared(level, tuple(reasons))


def _names(one: Known, other: Known) -> tuple[float, float, float]:
    """(both names together, family name, first name), 0 to 1; an absent first name neither helps nor hinders."""
    family = surnames_nearness(one.surnames, other.surnames)
    if not one.first_name or not other.first_name:
        return min(family, NEAR), family, 0.0
    first = first_names_nearness(one.first_name, other.first_name)
    swapped = min(
        surnames_nearness(one.surnames, (other.first_name,)), surnames_nearness((one.first_name,), other.surnames)
    )
    return max(min(family, first), swapped), family, first


def _level(names: float, family: float, first: float, dates: Why | None) -> Level | None:
    if dates is Why.SAME_DATE:
        if names >= CLOSE_ENOUGH:
            return Level.CERTAIN if names >= 1 else Level.PROBABLE
        return Level.POSSIBLE if first >= 1 and family < CLOSE_ENOUGH else None  # another name: by marriage, perhaps
    if dates is Why.NEAR_DATE:
        return Level.PROBABLE if names >= 1 else Level.POSSIBLE if names >= CLOSE_ENOUGH else None
    if dates is Why.NO_DATE:
        return Level.POSSIBLE if names >= NEAR else None
    if dates is Why.SAME_YEAR:
        return Level.POSSIBLE if names >= 1 else None
    return None


def _name_reasons(one: Known, other: Known, names: float, family: float, first: float) -> Iterator[Why]:
    if names >= CLOSE_ENOUGH and names > min(family, first) and one.first_name and other.first_name:
        yield Why.SWAPPED_NAME
        return
    if family >= CLOSE_ENOUGH:
        yield Why.SAME_NAME if family >= 1 else Why.NEAR_NAME
    if not one.first_name or not other.first_name:
        yield Why.NO_FIRST_NAME
    elif first >= CLOSE_ENOUGH:
        yield Why.SAME_FIRST_NAME if first >= 1 else Why.NEAR_FIRST_NAME


def _dates(one: date | None, other: date | None) -> Why | None:
    if one is None or other is None:
        return Why.NO_DATE
    if one == other:
        return Why.SAME_DATE
    parts = list(zip((one.day, one.month, one.year), (other.day, other.month, other.year), strict=True))
    swapped = one.year == other.year and (one.day, one.month) == (other.month, other.day)
    is_year_only = one.year == other.year and (1, 1) in ((one.day, one.month), (other.day, other.month))
    if swapped or is_year_only or _one_digit(parts):
        return Why.NEAR_DATE
    return Why.SAME_YEAR if one.year == other.year else None


def _one_digit(parts: list[tuple[int, int]]) -> bool:
    """Whether one digit of the whole date differs."""
    digits = [pair for a, b in parts for pair in zip(f"{a:04d}", f"{b:04d}", strict=True)]
    return sum(a != b for a, b in digits) == 1


def _likenesses(person_id: UUID, hers: Known) -> Iterator[Likeness]:
    found = [pk for pk in hits(_tokens(hers), most=MOST) if pk != person_id]
    together = Participant.objects.filter(dossier__participants__person=person_id).values_list("person", flat=True)
    apart = set(found) - set(together) - same_as([person_id])
    for pk, known in _known(Person.objects.in_bulk(apart)).items():
        compared = compare(hers, known)
        if compared is not None:
            one, other = sorted((person_id, pk))
            reasons = [reason.value for reason in compared.reasons]
            yield Likeness(one_id=one, other_id=other, level=compared.level, reasons=reasons, noticed_at=timezone.now())


def _tokens(hers: Known) -> list[tuple[int, int, int]]:
    told: list[tuple[int, int, int]] = []
    for made in blind.blinders():
        told += name_tokens(made, " ".join(hers.names))
        if hers.birth_date is not None:
            told.append((token(made, Kind.BORN, hers.birth_date.isoformat()), -1, WEIGHTS[Kind.BORN]))
        numbers = {number_key(number) for number in hers.numbers}
        told += [(token(made, Kind.NUMBER, number), -2, WEIGHTS[Kind.NUMBER]) for number in numbers]
    return told


def _known(people: dict[UUID, Person]) -> dict[UUID, Known]:
    """What is known of these persons, their keys and their numbers brought together."""
    keys.warm(list(people), [KeyClass.IDENTITY])
    numbers = numbers_of(list(people))
    return {pk: known_of(person, numbers.get(pk, ())) for pk, person in people.items()}


def numbers_of(person_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The unique numbers of these persons."""
    found: dict[UUID, list[str]] = {}
    for row in HousingRequest.objects.filter(person__in=person_ids):
        if row.number:
            found.setdefault(row.person_id, []).append(row.number)
    return found
