"""Amounts of money and small counts, in figures or in French texts."""

import re
from decimal import ROUND_HALF_UP, Decimal

from exchange.reading.values import BadValue, RawCell, tidy
from exchange.reading.words import fold

EXPECTED = "un montant en euros comme 1 180,50"
EXPECTED_CLEAR = "un montant sans ambiguïté, avec deux décimales au plus, comme 1 180,50"
MOST = Decimal(100_000)
CENT = Decimal("0.01")
NOTHING_OWED = frozenset({"neant", "aucun", "aucune", "zero", "rien", "sans", "pas de dette", "aucune dette"})
MOST_CHILDREN = 20

UNIT = re.compile(r"(?:€|eur|euros?)?\s*(?:nets?)?\s*(?:(?:/|par)\s*mois|mensuels?|mens\.?)?", re.IGNORECASE)
FRENCH = re.compile(r"(\d{1,3}(?: \d{3})+|\d{1,3}(?:\.\d{3})+(?=,)|\d+)(?:,(\d{1,2}))?", re.ASCII)
POINTED = re.compile(r"(\d{1,3}(?: \d{3})+|\d{1,3}(?:,\d{3})+(?=\.)|\d+)(?:\.(\d{1,2}))?", re.ASCII)
LOOKS_LIKE_AMOUNT = re.compile(r"[\d.,’' ]+", re.ASCII)
CHILDREN = re.compile(r"(\d{1,2})(?: ?enfants?)?", re.ASCII | re.IGNORECASE)
NO_CHILD = frozenset({"aucun", "aucun enfant", "sans", "sans enfant", "neant", "zero"})


def amount(cell: RawCell) -> Decimal:
    """Euros with two decimals, from 0 to 100 000, rounded half up when the cell is a number. Raises BadValue."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise BadValue(EXPECTED)
    value = _written(cell) if isinstance(cell, str) else _number(cell)
    if value < 0:
        raise BadValue("un montant positif")
    if value > MOST:
        raise BadValue("un montant de 100 000 € au plus")
    return value


def count(cell: RawCell) -> int:
    """A number of children. Raises BadValue."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise BadValue("un nombre entier")
    if isinstance(cell, str):
        text = tidy(cell)
        found = CHILDREN.fullmatch(text)
        number = float(found[1]) if found else 0.0 if fold(text) in NO_CHILD else -1.0
    else:
        number = float(cell)
    if number != number or number not in range(MOST_CHILDREN + 1):
        raise BadValue(f"un nombre entier de 0 à {MOST_CHILDREN}")
    return int(number)


def _number(number: float) -> Decimal:
    value = Decimal(repr(number))
    if not value.is_finite() or abs(value) > 10 * MOST:
        raise BadValue("un montant de 100 000 € au plus")
    return value.quantize(CENT, ROUND_HALF_UP)


def _written(cell: str) -> Decimal:
    text = tidy(cell)
    if fold(text) in NOTHING_OWED:
        return Decimal("0.00")
    negative = text.startswith(("-", "−")) and len(text) > 1
    figures = _without_unit(text[1:].strip() if negative else text)
    found = FRENCH.fullmatch(figures) or POINTED.fullmatch(figures)
    if found is None:
        raise BadValue(EXPECTED_CLEAR if LOOKS_LIKE_AMOUNT.fullmatch(figures) else EXPECTED)
    whole = re.sub(r"\D", "", found[1])
    if negative or len(whole) > 9:
        raise BadValue("un montant positif" if negative else "un montant de 100 000 € au plus")
    return Decimal(f"{whole}.{(found[2] or '0').ljust(2, '0')}")


def _without_unit(text: str) -> str:
    """« 1 180,50 €/mois », « € 200 » and « 200 EUR » are figures and a unit."""
    if text.startswith("€"):
        return text[1:].strip()
    for found in re.finditer(r"[€a-z/]", text, re.IGNORECASE):
        head, tail = text[: found.start()], text[found.start() :]
        return head.strip() if UNIT.fullmatch(tail.strip()) else text
    return text
