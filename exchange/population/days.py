"""The days of the commission: the third Thursday of each month but July and August, ten a year."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta

THURSDAY, OFF = 3, (7, 8)
PLANNED = 2
DAY = timedelta(days=1)


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
    return Days(held, sitting, tuple(day for day in regular if day > today)[:PLANNED])


_MONTHS = [month for month in range(1, 13) if month not in OFF]


def _third_thursday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(THURSDAY - first.weekday()) % 7 + 14)
