"""Questions that go forward together: their rows in one statement a round, their keys in one other.

A question is a generator. It yields the querysets that it wants evaluated, and `Keys` for what it will open; when it
goes on, they are there. Alone or among others, it is written the same.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from core.db.together import fetch
from vault import keys
from vault.keys import Pair
from vault.keystore import KeyClass

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that a question will use."""

    pairs: frozenset[Pair]

    @classmethod
    def of(cls, subjects: Iterable[UUID], klass: KeyClass) -> Self:
        """Those of one class, of these subjects."""
        return cls(frozenset((subject, klass) for subject in subjects))


Want = Sequence[QuerySet[Any]] | Keys
Question = Generator[Want, None, R]


def ask(question: Question[R]) -> R:
    """Bring what the question wants until it answers."""
    while True:
        try:
            want = next(question)
        except StopIteration as over:
            told: R = over.value
            return told
        if isinstance(want, Keys):
            keys.bring(want.pairs)
        else:
            fetch(*want)


def together(*questions: Question[Any]) -> Question[list[Any]]:
    """One question of several: what each answers, in their order. Keys are for when nobody wants rows any more."""
    answers: dict[int, Any] = {}
    wants: dict[int, Want] = {}
    ready: Iterable[int] = range(len(questions))
    while True:
        for place in ready:
            wants.pop(place, None)
            try:
                wants[place] = next(questions[place])
            except StopIteration as over:
                answers[place] = over.value
        rows = {place: want for place, want in wants.items() if not isinstance(want, Keys)}
        if rows:
            yield [queryset for want in rows.values() for queryset in want]
        elif wants:
            yield Keys(frozenset().union(*(want.pairs for want in wants.values() if isinstance(want, Keys))))
        else:
            return [answers[place] for place in range(len(questions))]
        ready = list(rows or wants)


def rows(*querysets: QuerySet[Any]) -> Question[None]:
    """These querysets, evaluated beside other questions."""
    yield querysets
