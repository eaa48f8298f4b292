"""Small drawings beside the charts: the bar of a budget, the name of the reader on a sheet. Pure, like them."""

from __future__ import annotations

from dataclasses import dataclass

from core.charts import Value, percent

BUDGET = 0.8  # where a budget ends, as a part of the width


@dataclass(frozen=True, slots=True)
class Bullet:
    """Engaged and paid as parts of a budget, in percents; `over` is empty when it is kept."""

    title: str
    limit: str
    engaged: str
    paid: str
    over: str


def bullet(*, budget: Value, engaged: Value, paid: Value) -> Bullet:
    """The bar of one action. Its budget ends at 80 % of the width, what goes beyond is drawn to 100 % at most.

    Raises `ValueError` without a budget: there is nothing to be a part of, and the page says it in words.
    """
    if budget <= 0:
        raise ValueError("an action without a budget has no bar")
    shares = [float(each) / float(budget) for each in (engaged, paid)]
    beyond = min(max(shares) - 1, 1 / BUDGET - 1)
    title = f"Engagé {round(shares[0] * 100)} % du budget, payé {round(shares[1] * 100)} %"
    return Bullet(
        title=title if beyond <= 0 else f"{title} : budget dépassé",
        limit=percent(BUDGET * 100),
        engaged=percent(min(shares[0], 1) * BUDGET * 100),
        paid=percent(min(shares[1], 1) * BUDGET * 100),
        over=percent(beyond * BUDGET * 100) if beyond > 0 else "",
    )


@dataclass(frozen=True, slots=True)
class Watermark:
    """Where the name of the reader stands once on a sheet, in percents and pixels, and around which point it turns."""

    x: str
    y: int
    turn_x: int


def watermark(height: int = 1060) -> list[Watermark]:
    """Two names a row, rows 118 pixels apart, every other one shifted, down to `height` pixels."""
    return [
        Watermark(percent(x + (34 if row % 2 else 0)), y, 300)
        for row, y in enumerate(range(90, height, 118))
        for x in (-10, 52)
    ]
