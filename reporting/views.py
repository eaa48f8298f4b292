"""The figures as they were last computed: this page counts nothing and opens nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cases.dossiers.models import Outcome
from core.components import Entry
from core.http import needs
from reporting.operations import Row, published_rows

WORDS = {outcome.value.lower(): str(outcome.label) for outcome in Outcome} | {
    "presentees": "présentées",
    "non_presentees": "non présentées",
    "etudiees": "étudiées",
    "en_attente": "en attente",
    "evaluees": "évaluées",
    "non_retenues": "non retenues",
    "commissions": "commissions",
    "avec_situation_lda": "avec une situation Logement d’abord",
    "age_moyen": "âge moyen",
    "age_min": "le plus jeune",
    "age_max": "le plus âgé",
    "reorientation_pension_de_famille": "réorientation en pension de famille",
    "dedite_retour_115": "dédite, retour 115",
    "maintien_sans_dette": "maintien sans dette de loyer",
    "maintien_avec_dette": "maintien avec dette de loyer",
    "retour_emploi": "retour à l’emploi",
    "motifs": "motifs",
}
UNITS = {"F09": "€"}
DECIMALS = {"age_moyen": 1}


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a figure, ready to be written."""

    label: str
    published: Decimal | None
    computed: Decimal | None
    gap: Decimal | None
    decimals: int
    is_detail: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure and its lines."""

    row: Row
    lines: list[Line]
    unit: str


@needs("reporting.view_figures")
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Published, computed, gap; by year, with the rule, the hour and what one must know."""
    every = published_rows()
    periods = sorted({row.period for row in every}, reverse=True)
    wanted = request.GET.get("annee", "")
    chosen = wanted if wanted in periods else ""
    years: dict[str, list[Shown]] = defaultdict(list)
    for row in every:
        if not chosen or row.period == chosen:
            years[row.period].append(Shown(row, lines_of(row), UNITS.get(row.id, "")))
    address = reverse("reporting:figures")
    views = [Entry("Toutes les années", address, current=not chosen)]
    views += [Entry(period, f"{address}?annee={period}", current=period == chosen) for period in periods]
    return render(
        request,
        "reporting/figures.html",
        {"years": sorted(years.items(), reverse=True), "views": views},
    )


def lines_of(row: Row) -> list[Line]:
    """A figure’s numbers, one by one, in words."""
    published, computed, gap = row.published, row.computed, row.gap
    if not isinstance(published, dict) and not isinstance(computed, dict):
        return [_line("", published, computed, gap)]
    told, found, gaps = _as_dict(published), _as_dict(computed), _as_dict(gap)
    lines: list[Line] = []
    for key in dict.fromkeys([*told, *found]):
        mine, theirs, differs = told.get(key), found.get(key), gaps.get(key)
        if isinstance(mine, dict) or isinstance(theirs, dict):
            mine, theirs, differs = _as_dict(mine), _as_dict(theirs), _as_dict(differs)
            lines += [
                _line(each, mine.get(each), theirs.get(each), differs.get(each), is_detail=True)
                for each in dict.fromkeys([*mine, *theirs])
            ]
        else:
            lines.append(_line(key, mine, theirs, differs))
    return lines


def _line(key: str, published: Any, computed: Any, gap: Any, *, is_detail: bool = False) -> Line:
    label, decimals = WORDS.get(key, key), DECIMALS.get(key, 0)
    return Line(label, _number(published), _number(computed), _number(gap), decimals, is_detail)


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
