"""Gaps and overlaps of a path, whatever the periods."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cases.dossiers.models.spans import Overlap, Span, gaps, overlaps

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)
days = st.dates(date(2025, 1, 1), date(2026, 6, 30))
spans = st.lists(
    st.builds(
        lambda start, length, ongoing: Span(start, None if ongoing else start + length * DAY),
        days,
        st.integers(0, 200),
        st.booleans(),
    ),
    max_size=6,
)


def covered_by(found: list[Span]) -> set[date]:
    return {span.start + n * DAY for span in found for n in range((span.last(TODAY) - span.start).days + 1)}


@given(spans)
def test_gaps_are_exactly_the_days_that_no_period_covers(found: list[Span]) -> None:
    empty = gaps(found, today=TODAY)
    known, missing = covered_by(found), covered_by(empty)
    assert not known & missing
    if begun := [span for span in found if span.start <= TODAY]:
        first = min(span.start for span in begun)
        assert {day for day in known | missing if day <= TODAY} == {
            first + n * DAY for n in range((TODAY - first).days + 1)
        }
    else:
        assert empty == []


@given(spans)
def test_gaps_do_not_depend_on_the_order_and_do_not_touch(found: list[Span]) -> None:
    empty = gaps(found, today=TODAY)
    assert empty == gaps(found[::-1], today=TODAY)
    for one, other in pairwise(empty):
        assert one.end is not None
        assert one.end + DAY < other.start
    assert all(gap.end is not None for gap in empty[:-1])


@given(spans)
def test_overlaps_are_the_days_told_twice(found: list[Span]) -> None:
    for each in overlaps(found, today=TODAY):
        shared = covered_by([found[each.first]]) & covered_by([found[each.second]])
        assert (min(shared), max(shared)) == (each.start, each.end)
        assert len(shared) > 1
    told = {(each.first, each.second) for each in overlaps(found, today=TODAY)}
    for first, one in enumerate(found):
        for second, other in enumerate(found[first + 1 :], first + 1):
            shared = {day for day in covered_by([one]) & covered_by([other]) if day <= TODAY}
            assert ((first, second) in told) == (len(shared) > 1)


def test_moving_takes_a_day() -> None:
    one, other = Span(date(2025, 1, 1), date(2025, 3, 1)), Span(date(2025, 3, 1), None)
    assert overlaps([one, other], today=TODAY) == []
    assert overlaps([one, Span(date(2025, 2, 28), None)], today=TODAY) == [
        Overlap(date(2025, 2, 28), date(2025, 3, 1), 0, 1)
    ]


def test_the_last_gap_goes_on() -> None:
    assert gaps([Span(date(2025, 1, 1), date(2025, 3, 1))], today=TODAY) == [Span(date(2025, 3, 2), None)]
