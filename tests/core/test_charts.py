"""Dates and counts become percents: bars touch, stay inside, and add up."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.charts import RIGHT, Count, Lane, Moment, Period, bars_chart, counts_chart, lanes_chart
from core.drawings import bullet

TODAY = date(2026, 11, 23)


def _number(text: str) -> float:
    return float(text.removesuffix("%"))


def test_two_periods_that_follow_touch_and_the_last_reaches_today() -> None:
    lane = Lane(
        "Personne",
        [
            Period(date(2024, 1, 1), date(2025, 6, 30), "Chez un tiers", "precaire"),
            Period(date(2025, 7, 1), None, "Hébergement", "sans"),
        ],
    )
    chart = lanes_chart([lane], today=TODAY)
    first, second = chart.rows[0].bars
    assert abs(_number(first.x) + _number(first.width) + 0.25 - _number(second.x)) < 0.02
    assert abs(_number(second.x) + _number(second.width) + 0.25 - RIGHT) < 0.02
    assert [year.label for year in chart.years] == ["2025", "2026"]
    assert chart.today.x == "97.00%"


def test_a_label_is_written_only_where_it_fits_and_the_title_always_says_it() -> None:
    long = Period(date(2020, 1, 1), date(2026, 8, 31), "Locataire du parc privé", "logement")
    short = Period(date(2026, 9, 1), date(2026, 9, 3), "Hébergement d’urgence", "sans")
    bars = lanes_chart([Lane("Personne", [long, short])], today=TODAY).rows[0].bars
    assert [bar.text for bar in bars] == ["Locataire du parc privé", ""]
    assert bars[1].title == "Hébergement d’urgence"


def test_what_begins_after_today_is_not_drawn() -> None:
    future = Period(TODAY + timedelta(days=1), None, "Bail", "logement")
    chart = lanes_chart([Lane("Personne", [future])], today=TODAY)
    assert list(chart.rows[0].bars) == []
    assert chart.lanes[0].periods == [future]


@pytest.mark.parametrize(
    ("since", "marks"),
    [
        (date(2026, 11, 9), ["9 nov. 2026"]),
        (date(2026, 8, 20), ["sept. 2026", "oct.", "nov."]),
        (date(2026, 1, 1), ["janv. 2026", "mars", "mai", "juil.", "sept."]),
        (date(2025, 12, 5), ["2026"]),
    ],
)
def test_under_a_year_months_are_marked_and_a_year_always_said(since: date, marks: list[str]) -> None:
    chart = lanes_chart([Lane("Personne", [Period(since, None, "Hôtel", "sans")])], today=TODAY)
    assert [mark.label for mark in chart.years] == marks


def test_no_lane_at_all_still_draws_today() -> None:
    assert lanes_chart([], today=TODAY).today.label == "aujourd’hui"


@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 4000)), max_size=6), st.text("abcdefgh", max_size=30))
def test_no_bar_leaves_the_drawing(spans: list[tuple[int, int]], name: str) -> None:
    periods = []
    for back, length in spans:
        start = TODAY - timedelta(days=back)
        periods.append(Period(start, start + timedelta(days=length), "x", "sans"))
    chart = lanes_chart([Lane(name, periods)], today=TODAY)
    for bar in chart.rows[0].bars:
        assert _number(bar.x) >= 14
        assert _number(bar.x) + _number(bar.width) <= RIGHT + 0.51


def test_counts_fill_the_strip_in_proportion() -> None:
    drawn = counts_chart(
        [
            Moment("Entrée", "entree", [Count("Repéré", "binoculars", 1, "#"), Count("Prescrit", "send", 3, "#")]),
            Moment("Commission", "commission", [Count("Validé", "check-circle", 0, "#")]),
            Moment("Logement", "logement", [Count("Logé", "key", 4, "#")]),
        ]
    )
    assert [(each.total, each.x, each.width) for each in drawn] == [
        (4, "0.00%", "49.50%"),
        (0, "50.00%", "0.00%"),
        (4, "50.00%", "49.50%"),
    ]
    assert [state.width for state in drawn[0].states] == ["25.00%", "75.00%"]


def test_a_part_too_narrow_for_its_figure_has_none() -> None:
    few, many = counts_chart(
        [
            Moment("Entrée", "entree", [Count("Repéré", "binoculars", 1, "#")]),
            Moment("Logement", "logement", [Count("Logé", "key", 19, "#")]),
        ]
    )
    assert (few.is_wide, many.is_wide) == (False, True)


def test_nothing_to_count_draws_empty_bars() -> None:
    (moment,) = counts_chart([Moment("Entrée", "entree", [Count("Repéré", "binoculars", 0, "#")])])
    assert (moment.width, moment.states[0].width) == ("0.00%", "0.00%")


def test_the_finding_tells_each_lane_in_its_order_and_where_it_stands_today() -> None:
    lanes = [
        Lane(
            "Aude",
            [
                Period(date(2024, 1, 1), date(2024, 12, 31), "Bail privé", "logement"),
                Period(date(2025, 1, 1), None, "Hôtel", "sans"),
            ],
        ),
        Lane("Jean", [Period(date(2024, 1, 1), date(2024, 6, 30), "Bail privé", "logement")]),
        Lane("Personne", []),
    ]
    said = lanes_chart(lanes, today=TODAY).finding
    assert said == "Aude : Bail privé ; aujourd’hui Hôtel. Jean : Bail privé ; aujourd’hui non connu."


class TestBars:
    def test_bars_stand_on_zero_in_proportion_and_say_their_figure(self) -> None:
        chart = bars_chart(["Présentés", "Logés"], [("2024", [20, 10]), ("2025", [0, 5])])
        assert [line.value for line in chart.grid] == [0, 5, 10, 15, 20]
        heights = [bar.height for group in chart.groups for bar in group.bars]
        assert heights[0] == 2 * heights[1] == 4 * heights[3] > 0
        assert heights[2] == 0
        assert {bar.y + bar.height for group in chart.groups for bar in group.bars} == {chart.grid[0].y}
        assert [bar.series for bar in chart.groups[0].bars] == [1, 2]

    def test_an_interval_is_drawn_around_its_bar_and_makes_room(self) -> None:
        chart = bars_chart(["Logés"], [("2025", [14])], intervals={("2025", "Logés"): (10, 30)})
        (bar,) = chart.groups[0].bars
        assert bar.interval is not None
        assert bar.interval[0] < bar.y < bar.interval[1]
        assert bar.text_y < bar.interval[0]
        assert chart.grid[-1].value == 40

    def test_a_fourth_series_is_refused(self) -> None:
        with pytest.raises(ValueError, match="3 at most"):
            bars_chart(["a", "b", "c", "d"], [("2025", [1, 2, 3, 4])])

    @given(st.lists(st.lists(st.integers(0, 10**7), min_size=2, max_size=2), max_size=8))
    def test_no_bar_leaves_the_drawing(self, values: list[list[int]]) -> None:
        chart = bars_chart(["a", "b"], [(str(rank), pair) for rank, pair in enumerate(values)])
        previous = 0.0
        for bar in (bar for group in chart.groups for bar in group.bars):
            assert previous < _number(bar.x) < _number(bar.x) + _number(bar.width) <= 100
            previous = _number(bar.x) + _number(bar.width) - 0.02
            assert 0 < bar.y <= chart.grid[0].y
            assert bar.text_y > 0


class TestBullet:
    def test_what_is_kept_and_what_goes_beyond(self) -> None:
        kept = bullet(budget=200, engaged=100, paid=Decimal(50))
        assert (kept.limit, kept.engaged, kept.paid, kept.over) == ("80.00%", "40.00%", "20.00%", "")
        assert kept.title == "Engagé 50 % du budget, payé 25 %"
        beyond = bullet(budget=100, engaged=110, paid=100)
        assert (beyond.engaged, beyond.paid, beyond.over) == ("80.00%", "80.00%", "8.00%")
        assert beyond.title.endswith("budget dépassé")
        assert bullet(budget=1, engaged=900, paid=0).over == "20.00%"

    def test_no_budget_has_no_bar(self) -> None:
        with pytest.raises(ValueError, match="budget"):
            bullet(budget=0, engaged=0, paid=0)
