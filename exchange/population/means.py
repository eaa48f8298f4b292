"""What a household lives on: nature and euros of a month (amounts illustrative, net of the housing share)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import log
from random import Random

from cases.dossiers.models import Resource

# Shares of the whole: none 15, RSA 35, AAH 15, work 15, ARE 8, pension 7, mixed 5; told by age so that
# the young have nothing, the old a pension, and nobody works at 78.
YOUNG = {Resource.SANS_RESSOURCE: 85.0, Resource.ACTIVITE: 10.0, Resource.ARE: 5.0}
GROWN = {
    Resource.SANS_RESSOURCE: 4.07,
    Resource.RSA: 31.95,
    Resource.AAH: 13.17,
    Resource.ACTIVITE: 13.80,
    Resource.ARE: 7.40,
    Resource.MIXTE: 4.51,
}
OLD = {
    Resource.RETRAITE: 3.8,
    Resource.ASPA: 3.2,
    Resource.RSA: 3.05,
    Resource.AAH: 1.83,
    Resource.SANS_RESSOURCE: 0.73,
    Resource.MIXTE: 0.49,
}
PENSION_AGE = 62
RSA_BY_YEAR = {2024: "559.42", 2025: "568.94"}
AAH_BY_YEAR = {2024: "1016.05", 2025: "1033.32"}
ASPA_BY_YEAR = {2024: "1012.02", 2025: "1034.28"}
A_CHILD = Decimal("148.50")


def draw_resources(rng: Random, age: float, children: int, on: date) -> tuple[Resource, Decimal]:
    """Nature and amount for a household whose titulaire has that age."""
    shares = YOUNG if age < 25 else OLD if age >= PENSION_AGE else GROWN
    nature = rng.choices(tuple(shares), tuple(shares.values()))[0]
    amount = _amount(rng, nature, min(on.year, 2025))
    return nature, amount + A_CHILD * children if amount else amount


def _amount(rng: Random, nature: Resource, year: int) -> Decimal:
    if nature is Resource.SANS_RESSOURCE:
        return Decimal(0)
    fixed = {Resource.RSA: RSA_BY_YEAR, Resource.AAH: AAH_BY_YEAR, Resource.ASPA: ASPA_BY_YEAR}.get(nature)
    if fixed is not None:
        return Decimal(fixed[year])
    median = {Resource.ACTIVITE: 1180, Resource.ARE: 940, Resource.RETRAITE: 960, Resource.MIXTE: 870}[nature]
    return Decimal(int(rng.lognormvariate(log(median), 0.28) * 100)).scaleb(-2)
