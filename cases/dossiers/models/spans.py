"""Stretches of days on a person's path: what is not covered, what is covered twice. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From a day to another, both in it; `end` is None when it goes on."""

    start: date
    end: date | None

    def last(self, today: date) -> date:
        return today if self.end is None else min(self.end, today)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Days covered by two spans, known by their places in the list."""

    start: date
    end: date
    first: int
    second: int


def gaps(spans: Sequence[Span], *, today: date) -> list[Span]:
    """The days up to today, from the first that is known, that no span covers; the last gap goes on.

    Spans may come in any order, overlap, and lie in the future (they then cover nothing).
    """
    known = sorted((span for span in spans if span.start <= today), key=lambda span: span.start)
    if not known:
        return []
    found: list[Span] = []
    covered = known[0].start - ONE_DAY
    for span in known:
        if span.start > covered + ONE_DAY:
            found.append(Span(covered + ONE_DAY, span.start - ONE_DAY))
        covered = max(covered, span.last(today))
    if covered < today:
        found.append(Span(covered + ONE_DAY, None))
    return found


def overlaps(spans: Sequence[Span], *, today: date) -> list[Overlap]:
    """Each pair of spans that share more than one day: moving takes a day, on which one has two homes."""
    found = []
    for first, one in enumerate(spans):
        for second in range(first + 1, len(spans)):
            other = spans[second]
            start, end = max(one.start, other.start), min(one.last(today), other.last(today))
            if end > start:
                found.append(Overlap(start, end, first, second))
    return sorted(found, key=lambda each: (each.start, each.first, each.second))
