"""Drawings computed on the server: dates and counts become percents of a width. Pure, no database, no clock.

The drawings have no view box: x and width are percents, heights are pixels, so that the text keeps its size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from core.typography import MONTHS_IN_SHORT

GUTTER = 14.0  # percent kept on the left for the names of the lanes, at least
WIDEST_GUTTER = 30.0  # and at most
NAME_LETTER = 1.7  # percent that a letter of a name takes, at the least width of the drawing (32 rem)
LAST_YEAR = 93.0  # a year that begins further right has no room for its figure
RIGHT = 97.0  # where the scale ends; what is left is the room of « aujourd’hui »
LAST_MONTH = 84.0  # the same for « 1ᵉʳ sept. 2026 »
MOST_MONTHS = 6  # marks of months, in a drawing shorter than a year
NARROWEST_FIGURE = 8.0  # percent under which a part of the strip has no room for its figure on a phone
GAP = 0.25  # percent between two bars that touch
NARROWEST = 1.5  # percent of the shortest bar: one day can be seen
UNKNOWN = "inconnu"  # drawn first: what is known lies over what is not
TOP = 24  # pixels above the first lane, for the years
LANE = 44  # pixels of a lane
BAR = 30  # pixels of a bar
LETTER = 1.15  # percent that a letter takes, at the least width of the drawing (32 rem)
LEFT = 7.0  # percent kept on the left of bars, for the scale
FLOOR, CEILING = 200, 24  # pixels from the top to zero, and to the highest line of the scale
STEPS = 4  # parts of the scale
WIDEST_COLUMN = 12.0  # percent of the widest bar that stands
MOST_SERIES = 3


def percent(value: float) -> str:
    """« 12.34% », with a point whatever the language of the page: this is SVG, not French."""
    return f"{value:.2f}%"


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
    finding: str  # what the drawing shows, for who does not see it
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
    years = _years(scale) or _months(scale)
    here = scale.mark(today, "aujourd’hui", text_after=False)
    finding = " ".join(_said(lane, today) for lane in lanes if lane.periods)
    return LanesChart(rows, years, here, lanes, finding, height=bottom + 16, bottom=bottom)


def _years(scale: _Scale) -> list[Mark]:
    new_years = [date(year, 1, 1) for year in range(scale.first.year + 1, scale.last.year + 1)]
    return [scale.mark(day, str(day.year)) for day in new_years if scale.at(day) <= LAST_YEAR]


def _months(scale: _Scale) -> list[Mark]:
    """The first days of months, few enough to be read, the first one with its year; else the first day of all."""
    months = [date(scale.first.year + month // 12, month % 12 + 1, 1) for month in _month_numbers(scale)]
    step = -(-len(months) // MOST_MONTHS) or 1
    kept = [day for day in months[::step] if scale.at(day) <= LAST_MONTH]
    if not kept:
        return [
            scale.mark(scale.first, f"{scale.first.day} {MONTHS_IN_SHORT[scale.first.month - 1]} {scale.first.year}")
        ]
    words = [MONTHS_IN_SHORT[day.month - 1] for day in kept]
    words[0] += f" {kept[0].year}"
    return [scale.mark(day, word) for day, word in zip(kept, words, strict=True)]


def _month_numbers(scale: _Scale) -> range:
    """Months that begin between the first day and the last, counted from January of the first year."""
    first = scale.first.month - (scale.first.day == 1)
    return range(first, (scale.last.year - scale.first.year) * 12 + scale.last.month)


def _said(lane: Lane, today: date) -> str:
    """« Aïssatou : Bail privé, Chez un tiers, période non connue ; aujourd’hui Hébergement. »"""
    begun = [period for period in lane.periods if period.start <= today]
    now = [period.label for period in begun if period.end is None or period.end >= today]
    past = ", ".join(period.label for period in begun if period.label not in now)
    present = f"aujourd’hui {', '.join(now)}" if now else "aujourd’hui non connu"
    return f"{lane.label} : {past} ; {present}." if past else f"{lane.label} : {present}."


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
    """A state with its number of things: word, icon, link to the filtered list (empty where there is none)."""

    label: str
    icon: str
    count: int
    url: str
    width: str = "0%"


@dataclass(frozen=True, slots=True)
class Moment:
    """A family of states under one title; `kind` is the CSS suffix of `.m-…`. What follows `states` is computed.

    `is_wide`: there is room for its figure in the strip; it is under the title of its states in any case.
    """

    label: str
    kind: str
    states: Sequence[Count]
    total: int = 0
    x: str = "0%"
    width: str = "0%"
    middle: str = "0%"
    is_wide: bool = False


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
                is_wide=width >= NARROWEST_FIGURE,
            )
        )
    return drawn


@dataclass(frozen=True, slots=True)
class Column:
    """A bar that stands, in percents across and pixels down. `interval` is drawn over it, the table says `between`."""

    series: int
    value: int | Decimal
    x: str
    width: str
    middle: str
    y: int
    height: int
    text_y: int
    interval: tuple[int, int] | None = None
    between: tuple[int | Decimal, int | Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The bars of one category."""

    label: str
    middle: str
    bars: Sequence[Column]


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line of the scale."""

    value: int
    y: int
    text_y: int


@dataclass(frozen=True, slots=True)
class BarsChart:
    """Everything that `core/components/chart.html` draws."""

    series: Sequence[str]
    groups: Sequence[Group]
    grid: Sequence[GridLine]
    left: str = percent(LEFT)
    scale_x: str = percent(LEFT - 2)
    label_y: int = FLOOR + 20
    height: int = FLOOR + 26


Value = int | Decimal
Interval = tuple[Value, Value]


def bars_chart(
    series: Sequence[str],
    categories: Sequence[tuple[str, Sequence[Value]]],
    *,
    intervals: Mapping[tuple[str, str], Interval] | None = None,
) -> BarsChart:
    """Bars side by side, from zero, each with its figure written over it; values are positive.

    `categories` gives each label and one value a series. `intervals`, by (category, series), is owed where fewer than
    fifty are counted. Raises `ValueError` for more than three series: a fourth would need a colour to be told apart.
    """
    if len(series) > MOST_SERIES:
        raise ValueError(f"{len(series)} series: a chart shows {MOST_SERIES} at most")
    spans = intervals or {}
    highest = max((value for _, values in categories for value in values), default=0)
    top = _round_up(max([highest, *(high for _, high in spans.values())]))
    room = (100 - LEFT) / max(len(categories), 1)
    width = min(room / (len(series) + 1), WIDEST_COLUMN)
    groups = []
    for rank, (label, values) in enumerate(categories):
        middle = LEFT + room * (rank + 0.5)
        start = middle - width * len(values) / 2
        bars = [
            _column(number, value, start + width * number, width, top, spans.get((label, series[number])))
            for number, value in enumerate(values)
        ]
        groups.append(Group(label, percent(middle), bars))
    return BarsChart(series, groups, [_line(top * step // STEPS, top) for step in range(STEPS + 1)])


def _column(number: int, value: Value, left: float, width: float, top: int, span: Interval | None) -> Column:
    y = _down(value, top)
    drawn = None if span is None else (_down(span[1], top), _down(span[0], top))
    above = y if drawn is None else min(y, drawn[0])
    return Column(
        series=number + 1,
        value=value,
        x=percent(left + GAP),
        width=percent(width - 2 * GAP),
        middle=percent(left + width / 2),
        y=y,
        height=FLOOR - y,
        text_y=above - 6,
        interval=drawn,
        between=span,
    )


def _down(value: Value, top: int) -> int:
    """Pixels from the top of the drawing to `value`."""
    return FLOOR - round(float(value) / top * (FLOOR - CEILING))


def _line(value: int, top: int) -> GridLine:
    y = _down(value, top)
    return GridLine(value, y, y + 4)


def _round_up(value: Value) -> int:
    """The least of 4, 8, 12, 20, 40, 80, 120… that holds `value`: its quarters are whole."""
    scale = 1
    while True:
        for step in (4, 8, 12, 20):
            if value <= step * scale:
                return step * scale
        scale *= 10
