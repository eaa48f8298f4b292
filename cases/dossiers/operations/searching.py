"""Looking for a person in one box: by name in any spelling, birth date, unique number or reference of her dossier.

What was found is kept half an hour, for who looked, in her session; what is shown of it is asked again of the grants.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import Dossier, NameSearch, Participant, Person, PersonRole
from cases.dossiers.models.dossier import reference_key
from cases.dossiers.operations.acts import IDENTITY
from cases.dossiers.operations.asking import Asked, understand
from cases.dossiers.operations.finding import EXACT, Match, find
from core import outbox
from core.errors import OperationRefused
from core.spellings import SHORTEST, words_of
from vault import keys
from vault.models import KeyClass
from vault.rows import ROWS_AT_ONCE

KEPT = timedelta(minutes=30)
MOST = 5_000  # dossiers whose birth dates are read, when a year alone is asked
LONGEST = 100  # letters
TOO_SHORT = "Écrivez au moins deux lettres d’un nom, une date de naissance, un numéro unique ou une référence."
TOO_LONG = f"Écrivez {LONGEST} caractères au plus."
TOO_MANY = "Vous voyez plus de 5 000 dossiers : ajoutez un nom à l’année de naissance."


@dataclass(frozen=True, slots=True)
class Found:
    """A person who answers, in one dossier that is open to the reader."""

    dossier: Dossier
    person: Person
    role: str
    level: int
    reasons: tuple[str, ...]


@transaction.atomic
def search(words: str, *, by: User, session: str) -> NameSearch:
    """Those who answer to `words` in the dossiers open to `by`, kept for half an hour for this `session`.

    Raises `NotAllowed`, and `OperationRefused` for words too short or too long, or a year alone among too many.
    """
    require(by, IDENTITY)
    if len(words) > LONGEST:
        raise OperationRefused(TOO_LONG)
    asked = understand(words, today=timezone.localdate())
    if asked.is_empty or (set(words_of(asked.names)) and len("".join(words_of(asked.names))) < SHORTEST):
        raise OperationRefused(TOO_SHORT)
    matches, is_partial = _matches(asked, by)
    told = list(_told(asked, matches, by))
    kept = NameSearch(
        subject_id=by.pk,
        owner=by,
        session=session,
        words=words.strip(),
        found=list(dict.fromkeys(UUID(each["dossier"]) for each in told)),
        told=told,
        is_partial=is_partial,
        expires_at=Now() + KEPT,
    )
    kept.save(force_insert=True)
    outbox.enqueue("search.expired", after=KEPT, search=str(kept.pk))
    journal.record("dossiers.searched", target=kept.pk, by=by, found=len(kept.found))
    return kept


def search_of(user: User, asked: str, *, session: str) -> NameSearch | None:
    """The search that an address names, for its owner in its session, while it lasts; None otherwise."""
    try:
        pk = UUID(asked)
    except ValueError:
        return None
    return NameSearch.objects.live().filter(pk=pk, owner=user, session=session).first()


def shown(kept: NameSearch, user: User) -> list[Found]:
    """What was found and is still open to the reader, in the order in which it answers."""
    visible = Dossier.objects.visible_to(user).filter(pk__in=kept.found).select_related("referent")
    dossiers = {str(dossier.pk): dossier for dossier in visible}
    members = Participant.objects.filter(dossier__in=[dossier.pk for dossier in dossiers.values()])
    by_place = {(str(each.dossier_id), str(each.person_id)): each for each in members.select_related("person")}
    keys.warm([each.person_id for each in by_place.values()], [KeyClass.IDENTITY])
    return [
        Found(dossiers[told["dossier"]], member.person, member.role, told["level"], tuple(told["reasons"]))
        for told in kept.told
        if told["dossier"] in dossiers and (member := by_place.get((told["dossier"], told["person"])))
    ]


def forget_search(search_id: UUID) -> None:
    """Delete a search that is over, in the worker's transaction; one that is gone already is no matter."""
    NameSearch.objects.filter(pk=search_id, expires_at__lte=Now()).delete()


def _matches(asked: Asked, by: User) -> tuple[list[Match], bool]:
    if asked.year is not None and not words_of(asked.names):
        return _born_in(asked.year, by), False
    return find(asked)


def _told(asked: Asked, matches: Iterable[Match], by: User) -> Iterator[dict[str, Any]]:
    """The dossiers of a reference first, with their titulaire; then each match in each of her dossiers, once."""
    seen: set[tuple[UUID, UUID]] = set()
    visible = Dossier.objects.visible_to(by)
    if asked.references:
        named = visible.annotate(key=reference_key()).filter(key__in=asked.references)
        titulaires = Participant.objects.filter(dossier__in=list(named), role=PersonRole.TITULAIRE)
        for member in titulaires.order_by("dossier__reference"):
            seen.add((member.dossier_id, member.person_id))
            yield _line(member, EXACT, ("reference",))
    found = list(matches)
    members = Participant.objects.filter(person__in=[match.person_id for match in found], dossier__in=visible)
    places: dict[UUID, list[Participant]] = {}
    for member in members.order_by("-dossier__reference"):
        places.setdefault(member.person_id, []).append(member)
    for match in found:
        for member in places.get(match.person_id, ()):
            if (member.dossier_id, member.person_id) not in seen:
                seen.add((member.dossier_id, member.person_id))
                yield _line(member, match.level, match.reasons)


def _line(member: Participant, level: int, reasons: tuple[str, ...]) -> dict[str, Any]:
    told = {"dossier": str(member.dossier_id), "person": str(member.person_id)}
    return {**told, "level": level, "reasons": list(reasons)}


def _born_in(year: int, by: User) -> list[Match]:
    """A year has no print, it has too few values: the birth dates that one sees are read, in bounded number."""
    visible = Dossier.objects.visible_to(by).order_by()
    if visible[: MOST + 1].count() > MOST:
        raise OperationRefused(TOO_MANY)
    ids = list(dict.fromkeys(Participant.objects.filter(dossier__in=visible).values_list("person", flat=True)))
    found: list[Match] = []
    for group in (ids[start : start + ROWS_AT_ONCE] for start in range(0, len(ids), ROWS_AT_ONCE)):
        keys.warm(group, [KeyClass.IDENTITY])
        people = Person.objects.filter(pk__in=group)
        born = (person.pk for person in people if person.birth_date and person.birth_date.year == year)
        found += [Match(pk, EXACT, ("year",), 1.0) for pk in born]
    return found
