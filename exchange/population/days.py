"""The days of the commission: the third Thursday of each month but July and August, ten a year.

When the last one is weeks away (the summer), one more was held lately: some decision is always recent.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta

THURSDAY, OFF = 3, (7, 8)
PLANNED = 2
DAY = timedelta(days=1)
LONG_AGO, LATELY = 28 * DAY, 7 * DAY


@dataclass(frozen=True, slots=True)
class Days:
    """Séances held and closed, the one that still sits (the last working day), those planned ahead."""

    held: tuple[date, ...]
    sitting: date
    planned: tuple[date, ...]

    def next_after(self, day: date) -> date:
        """The first séance after `day`, among all of them; the last one planned when there is none."""
        every = (*self.held, self.sitting, *self.planned)
        place = bisect_left(every, day + DAY)
        return every[min(place, len(every) - 1)]


def commission_days(since: date, today: date) -> Days:
    """The days from `since`, around `today`."""
    sitting = today
    while sitting.weekday() > 4:
        sitting -= DAY
    regular = [_third_thursday(year, month) for year in range(since.year, today.year + 2) for month in _MONTHS]
    held = tuple(day for day in regular if since <= day < sitting)
    return Days((*held, *_lately(held, sitting)), sitting, tuple(day for day in regular if day > today)[:PLANNED])


def _lately(held: tuple[date, ...], sitting: date) -> tuple[date, ...]:
    """The Thursday of an extraordinary séance, a week or two ago, when the last one was held long before."""
    if not held or sitting - held[-1] <= LONG_AGO:
        return ()
    day = sitting - LATELY
    return (day - (day.weekday() - THURSDAY) % 7 * DAY,)


_MONTHS = [month for month in range(1, 13) if month not in OFF]


def _third_thursday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(THURSDAY - first.weekday()) % 7 + 14)
