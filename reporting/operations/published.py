"""Published and computed side by side, with the gap and what one must know of it (domaine § 1.7)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from reporting.models import FigureResult
from reporting.operations.figures import FIGURES, Value

PUBLISHED = Path(__file__).resolve().parent.parent / "published.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one year. `gap` is published − computed, `None` when one of them is missing."""

    id: str
    period: str
    label: str
    published: Value
    computed: Value
    gap: Value
    rule: str
    note: str
    computed_at: datetime | None

    @property
    def agrees(self) -> bool:
        """No gap anywhere."""
        return self.gap is not None and not any(_leaves(self.gap))


def published_rows() -> list[Row]:
    """One row for each (figure, year) present in the data or published, by year then figure."""
    computed = {(result.figure, result.period): result for result in FigureResult.objects.all()}
    told = _published()
    rows = []
    for key in sorted({*computed, *told}, key=lambda key: (key[1], key[0])):
        result, (value, note) = computed.get(key), told.get(key, (None, ""))
        figure = FIGURES[key[0]]
        mine = in_order(result.value, like=value, keys=figure.keys) if result else None
        rows.append(
            Row(
                *key,
                figure.label,
                value,
                mine,
                gap_between(value, mine),
                figure.rule,
                note,
                result.computed_at if result else None,
            )
        )
    return rows


def in_order(value: Any, *, like: Value, keys: tuple[str, ...]) -> Any:
    """The keys of `value` as the published figure or the rule says them: `jsonb` keeps no order."""
    if not isinstance(value, dict):
        return value
    published = like if isinstance(like, dict) else {}
    order = [*published, *keys]
    rank = {key: place for place, key in reversed(list(enumerate(order)))}
    found = sorted(value, key=lambda key: (rank.get(key, len(order)), -_size(value[key]), key))
    return {key: in_order(value[key], like=published.get(key), keys=()) for key in found}


def _size(value: Any) -> float:
    return value if isinstance(value, int | float) else 0


def gap_between(published: Value, computed: Value) -> Value:
    """Published − computed, key by key; a key that one side lacks counts as 0 there."""
    if published is None or computed is None:
        return None
    if isinstance(published, dict) and isinstance(computed, dict):
        keys = [*published, *(key for key in computed if key not in published)]
        return {key: _difference(published.get(key), computed.get(key)) for key in keys}
    gap: Value = _difference(published, computed)
    return gap


def _difference(published: Any, computed: Any) -> Any:
    if isinstance(published, dict) or isinstance(computed, dict):
        return gap_between(published or {}, computed or {})
    gap = Decimal(str(published or 0)) - Decimal(str(computed or 0))
    return int(gap) if gap == gap.to_integral_value() else float(gap)


def _leaves(gap: Any) -> list[Any]:
    if isinstance(gap, dict):
        return [leaf for value in gap.values() for leaf in _leaves(value)]
    return [gap]


@cache
def _published() -> dict[tuple[str, str], tuple[Value, str]]:
    told = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return {(each["id"], each["period"]): (each["value"], each["note"]) for each in told["figures"]}
