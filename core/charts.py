"""Drawings computed on the server: dates and counts become percents of a width. Pure, no database, no clock.

The drawings have no view box: x and width are percents, heights are pixels, so that the text keeps its size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

GUTTER = 14.0  # percent kept on the left for the names of the lanes, at least
WIDEST_GUTTER = 30.0  # and at most
NAME_LETTER = 1.7  # percent that a letter of a name takes, at the least width of the drawing (32 rem)
LAST_YEAR = 93.0  # a year that begins further right has no room for its figure
RIGHT = 97.0  # where the scale ends; what is left is the room of « aujourd’hui »
GAP = 0.25  # percent between two bars that touch
NARROWEST = 1.5  # percent of the shortest bar: one day can be seen
UNKNOWN = "inconnu"  # drawn first: what is known lies over what is not
TOP = 24  # pixels above the first lane, for the years
LANE = 44  # pixels of a lane
BAR = 30  # pixels of a bar
LETTER = 1.15  # percent that a letter takes, at the least width of the drawing (32 rem)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of a lane. `end` is its last day, None when it goes on. `kind` is the CSS suffix of `.e-…`."""

    start: date
    end: date | None
    label: str
    kind: str
    details: Sequence[str] = ()  # what the table beside the drawing adds, one per extra heading


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the drawing: a name and its periods."""

    label: str
    periods: Sequence[Period]


@dataclass(frozen=True, slots=True)
class Bar:
    """A period in percents; `text` is empty when the label does not fit inside."""

    x: str
    width: str
    text_x: str
    text: str
    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """A lane in pixels from the top, with its bars."""

    label: str
    y: int
    text_y: int
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line (a year, today) in percents, and where its text stands."""

    x: str
    text_x: str
    label: str


@dataclass(frozen=True, slots=True)
class LanesChart:
    """Everything that `core/components/lanes.html` draws."""

    rows: Sequence[Row]
    years: Sequence[Mark]
    today: Mark
    lanes: Sequence[Lane]  # as given, for the table beside the drawing
    height: int
    bottom: int
    top: int = TOP
    bar: int = BAR


def lanes_chart(lanes: Sequence[Lane], *, today: date) -> LanesChart:
    """Scale `lanes` from their first day to `today`.

    A period that ends after today stops at today; one that begins after today is not drawn. Without any period,
    the scale is the year that ends today.
    """
    starts = [period.start for lane in lanes for period in lane.periods if period.start <= today]
    first = min(starts, default=today - timedelta(days=365))
    names = max((len(lane.label) for lane in lanes), default=0)
    scale = _Scale(first, today, gutter=min(max(GUTTER, names * NAME_LETTER + 1), WIDEST_GUTTER))
    bottom = TOP + LANE * len(lanes) + 4
    rows = [
        Row(
            label=lane.label,
            y=TOP + 11 + LANE * rank,
            text_y=TOP + 31 + LANE * rank,
            bars=[scale.bar(period) for period in _unknown_first(lane.periods) if period.start <= today],
        )
        for rank, lane in enumerate(lanes)
    ]
    new_years = [date(year, 1, 1) for year in range(first.year + 1, today.year + 1)]
    years = [scale.mark(day, str(day.year)) for day in new_years if scale.at(day) <= LAST_YEAR]
    here = scale.mark(today, "aujourd’hui", text_after=False)
    return LanesChart(rows=rows, years=years, today=here, lanes=lanes, height=bottom + 16, bottom=bottom)


def _unknown_first(periods: Sequence[Period]) -> list[Period]:
    return sorted(periods, key=lambda period: period.kind != UNKNOWN)


class _Scale:
    """From days to percents of the width."""

    def __init__(self, first: date, last: date, *, gutter: float) -> None:
        self.first, self.last, self.gutter = first, last, gutter
        self.days = max((last - first).days, 1)

    def at(self, day: date) -> float:
        return self.gutter + (RIGHT - self.gutter) * (day - self.first).days / self.days

    def bar(self, period: Period) -> Bar:
        # Half-open: a period goes to the morning after its last day, so that a period of one day has a width.
        until = self.last if period.end is None else min(period.end + timedelta(days=1), self.last)
        left = self.at(period.start)
        width = max(self.at(until) - left - GAP, NARROWEST)
        left = min(left, RIGHT - width)
        beside = NARROWEST if period.kind == UNKNOWN else 0.0  # a short bar may lie over where it begins
        fits = len(period.label) * LETTER + 1 + beside <= width
        return Bar(
            x=percent(left),
            width=percent(width),
            text_x=percent(left + 0.7 + beside),
            text=period.label if fits else "",
            title=period.label,
            kind=period.kind,
        )

    def mark(self, day: date, label: str, *, text_after: bool = True) -> Mark:
        x = self.at(day)
        return Mark(x=percent(x), text_x=percent(x + 0.5 if text_after else x), label=label)


@dataclass(frozen=True, slots=True)
class Count:
    """A state with its number of things: word, icon, link to the filtered list."""

    label: str
    icon: str
    count: int
    url: str
    width: str = "0%"


@dataclass(frozen=True, slots=True)
class Moment:
    """A family of states under one title; `kind` is the CSS suffix of `.m-…`. The last four are computed."""

    label: str
    kind: str
    states: Sequence[Count]
    total: int = 0
    x: str = "0%"
    width: str = "0%"
    middle: str = "0%"


def counts_chart(moments: Sequence[Moment]) -> list[Moment]:
    """The same moments with their places in a strip in proportion, and each state's bar against the largest.

    A moment that counts nothing keeps its title and its states, and takes no room in the strip.
    """
    totals = [sum(state.count for state in moment.states) for moment in moments]
    whole = sum(totals) or 1
    most = max((state.count for moment in moments for state in moment.states), default=0) or 1
    edges = [sum(totals[:rank]) / whole * 100 for rank in range(len(totals) + 1)]
    drawn: list[Moment] = []
    for moment, total, (left, right) in zip(moments, totals, pairwise(edges), strict=True):
        width = max(right - left - 2 * GAP, 0.0)
        drawn.append(
            Moment(
                label=moment.label,
                kind=moment.kind,
                states=[
                    Count(each.label, each.icon, each.count, each.url, percent(each.count / most * 100))
                    for each in moment.states
                ],
                total=total,
                x=percent(left),
                width=percent(width),
                middle=percent(left + width / 2),
            )
        )
    return drawn


def percent(value: float) -> str:
    """« 12.34% », with a point whatever the language of the page: this is SVG, not French."""
    return f"{value:.2f}%"
