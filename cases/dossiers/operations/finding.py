"""From what was typed to persons: prints, then those that one sees, opened, compared and ranked.

Nothing of what one may not see goes further than PostgreSQL: `seuil_likely` gives visible persons alone, the rows that
are read after are under row security, and the dossiers are those of `visible_to`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from cases.dossiers.models import HousingRequest, Person
from cases.dossiers.operations.asking import Asked
from cases.dossiers.operations.indexing import Kind, Known, known_of, number_key, token
from core.db.acting import current
from core.sounds import bones
from core.spellings import BEGINNING, DISTANT, NEAR, Form, asked_forms, forms, nearness, neighbours, readings, words_of
from vault import blind, keys
from vault.models import KeyClass

MOST = 100  # persons opened, the likeliest by their prints
EXACT, CLOSE, LOOSE = 3, 2, 1  # how well a person answers
WEIGHTS = {
    Kind.NUMBER: 40,
    Kind.BORN: 20,
    Kind.BORN_SOUND: 14,
    Kind.SOUND: 8,
    Kind.NEAR: 5,
    Kind.BONES: 3,
    Kind.BEGINNING: 2,
}
BEGINS = 0.95  # a word that begins a form, as one types it
ENOUGH_WITH_DATE = 0.5
FOREIGN, LESS = 0.6, 0.15  # a word less near than this is like none of hers; what that takes away
FEWEST = 0.4  # of the best score: who has less is not opened


@dataclass(frozen=True, slots=True)
class Match:
    """A person who answers: how well (`EXACT` to `LOOSE`), and why, in codes of `REASONS`."""

    person_id: UUID
    level: int
    reasons: tuple[str, ...]
    nearness: float


REASONS = {
    "reference": "même référence",
    "number": "même numéro unique",
    "name": "même nom",
    "heard": "nom qui s’écrit ou s’entend presque de même",
    "near": "nom proche",
    "date": "même date de naissance",
    "year": "même année de naissance",
    "other_date": "autre date de naissance",
}


def find(asked: Asked, *, most: int = MOST) -> tuple[list[Match], bool]:
    """The persons that the actor sees and who answer, the best first; and whether there may be more."""
    scores = hits(_tokens(asked), most=most + 1)
    best = max(scores.values(), default=0)
    people = opened([pk for pk, score in list(scores.items())[:most] if score >= FEWEST * best])
    found = [match for person in people if (match := answer(asked, known_of(person), person.pk))]
    if asked.number:
        found += _by_number(asked, people)
    found.sort(key=lambda match: (-match.level, -match.nearness, match.person_id))
    return found, len(scores) > most


def hits(asked: Iterable[tuple[int, int, int]], *, most: int) -> dict[UUID, int]:
    """(token, slot, weight) → the likeliest persons among those that the actor sees, with their scores, best first.

    Of one slot (a word that was typed) a person keeps the best weight; slots add up.
    """
    columns: list[list[int]] = [list(column) for column in zip(*asked, strict=True)]
    if not columns:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_OF_THE_ACTOR if current() is not None else _OF_ALL, [*columns, most])
        return dict(cursor.fetchall())


_OF_THE_ACTOR = "SELECT person, score FROM seuil_likely(%s::int[], %s::int[], %s::int[], %s)"
_OF_ALL = """
    SELECT person_id, sum(best) AS score FROM (
      SELECT i.person_id, q.slot, max(q.weight) AS best
        FROM unnest(%s::int[], %s::int[], %s::int[]) AS q(token, slot, weight)
        JOIN dossiers_personindex i ON i.token = q.token GROUP BY i.person_id, q.slot) each
     GROUP BY person_id ORDER BY score DESC, person_id LIMIT %s
"""


def name_tokens(made: blind.Blinder, text: str) -> list[tuple[int, int, int]]:
    """(token, slot, weight) of names as typed: a slot for each form that they may mean."""
    told: list[tuple[int, int, int]] = []
    for slot, form in enumerate(asked_forms(text)):
        values: list[tuple[Kind, str]] = [(Kind.BEGINNING, form.letters[:BEGINNING])]
        for sound in form.heard:
            values += [(Kind.SOUND, sound), (Kind.BONES, bones(sound))]
            values += [(Kind.NEAR, near) for near in neighbours(sound)]
        told += [(token(made, kind, value), slot, WEIGHTS[kind]) for kind, value in values if len(value) > 1]
    return told


def opened(person_ids: list[UUID]) -> list[Person]:
    """These persons, in this order, their keys brought together."""
    rank = {pk: place for place, pk in enumerate(person_ids)}
    people = list(Person.objects.filter(pk__in=person_ids))
    keys.warm([person.pk for person in people], [KeyClass.IDENTITY])
    return sorted(people, key=lambda person: rank[person.pk])


def answer(asked: Asked, known: Known, person_id: UUID) -> Match | None:
    """How this person answers, None when she does not."""
    near = name_nearness(asked.names, known.names) if words_of(asked.names) else 0.0
    dated, date_reason = _date_answer(asked, known)
    if words_of(asked.names):
        return _named_answer(near, dated, date_reason, person_id)
    if dated:
        return Match(person_id, EXACT if date_reason == "date" else CLOSE, (date_reason,), 1.0)
    return None


def _named_answer(near: float, dated: bool, date_reason: str, person_id: UUID) -> Match | None:
    if near < (ENOUGH_WITH_DATE if dated else DISTANT):
        return None
    name_reason = "name" if near >= 1 else "heard" if near >= NEAR else "near"
    level = EXACT if near >= 1 else CLOSE if near >= NEAR else LOOSE
    if date_reason == "other_date":
        level = LOOSE
    reasons = (name_reason, date_reason) if near >= DISTANT else (date_reason,)
    return Match(person_id, level, tuple(reason for reason in reasons if reason), near + 0.5 * dated)


def _date_answer(asked: Asked, known: Known) -> tuple[bool, str]:
    """Whether the birth date agrees, and the code of what is to be said of it."""
    if (asked.born is None and asked.year is None) or known.birth_date is None:
        return False, ""
    if asked.born is not None:
        same, code = known.birth_date == asked.born, "date"
    else:
        same, code = known.birth_date.year == asked.year, "year"
    return same, code if same else "other_date"


def name_nearness(text: str, names: tuple[str, ...]) -> float:
    """How near names typed are to those of a person, 0 to 1: the mean of their words, in the best way to read them.

    Less when a word is like none of hers.
    « Ambrosio Didier » and « Didier D’Ambrosio » are 1; so is the beginning of a name, nearly.
    """
    hers = [form for name in names for form in forms(name)]
    read = readings(text) if hers else []
    return max((_mean([_best(word, hers) for word in words]) for words in read), default=0.0)


def _mean(told: list[float]) -> float:
    return sum(told) / len(told) - (LESS if min(told) < FOREIGN else 0.0)


def _best(word: Form, hers: list[Form]) -> float:
    found = max(nearness(word, form) for form in hers)
    begins = len(word.letters) > 1 and any(form.letters.startswith(word.letters) for form in hers)
    return max(found, BEGINS) if begins else found


def _tokens(asked: Asked) -> list[tuple[int, int, int]]:
    told: list[tuple[int, int, int]] = []
    for made in blind.blinders():
        told += name_tokens(made, asked.names)
        if asked.born is not None:
            told.append((token(made, Kind.BORN, asked.born.isoformat()), -1, WEIGHTS[Kind.BORN]))
        if asked.year is not None:
            heard = {sound for form in asked_forms(asked.names) for sound in form.heard}
            values = [f"{asked.year}|{sound}" for sound in heard]
            told += [(token(made, Kind.BORN_SOUND, value), -1, WEIGHTS[Kind.BORN_SOUND]) for value in values]
        if asked.number:
            told.append((token(made, Kind.NUMBER, asked.number), -2, WEIGHTS[Kind.NUMBER]))
    return told


def _by_number(asked: Asked, people: list[Person]) -> list[Match]:
    rows = list(HousingRequest.objects.filter(person__in=[person.pk for person in people]))
    keys.warm([row.person_id for row in rows], [KeyClass.IDENTITY])
    same = {row.person_id for row in rows if row.number and number_key(row.number) == asked.number}
    return [Match(pk, EXACT, ("number",), 1.0) for pk in same]
