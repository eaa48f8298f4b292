"""The figures as they were last computed: this page counts nothing and opens nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.proof import recently_proved
from cases.dossiers.models import Outcome
from cases.dossiers.views import actor
from core.components import Entry
from core.http import needs, post_only
from core.streaming import table_answer
from core.tables import FORMATS, Value, table_file
from reporting.operations import Row, note_export, published_rows

READ = "reporting.view_figures"
HEADER = ("Année", "Code", "Chiffre", "Détail", "Publié", "Recalculé", "Écart", "Unité", "Règle", "À savoir")

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


@needs(READ)
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Published, computed, gap; by year, with the rule, the hour and what one must know."""
    told = _told(request)
    address, taken = reverse("reporting:figures"), reverse("reporting:export")
    views = [Entry("Toutes les années", address, current=not told.year)]
    views += [Entry(period, f"{address}?annee={period}", current=period == told.year) for period in told.periods]
    return render(
        request,
        "reporting/figures.html",
        {
            "years": told.years,
            "views": views,
            "count": sum(len(shown) for _, shown in told.years),
            "formats": FORMATS,
            "export_url": f"{taken}?annee={told.year}" if told.year else taken,
        },
    )


@needs(READ)
@post_only
@recently_proved
def export(request: HttpRequest) -> HttpResponseBase:
    """The same lines in a file, in the same order: of the year that stands in the address, or of every year."""
    kind = request.POST.get("format", "")
    if kind not in FORMATS:
        raise Http404
    with transaction.atomic():
        told = _told(request)
        rows = list(_rows(told.years))
        file = table_file(kind, "Chiffres", HEADER, rows)
        note_export(kind=kind, year=told.year, count=len(rows), by=actor(request))
    return table_answer(request, file, kind, "chiffres")


@dataclass(frozen=True, slots=True)
class Told:
    """The figures asked for, the latest year first; `year` is empty when every one is."""

    year: str
    periods: list[str]
    years: list[tuple[str, list[Shown]]]


def _told(request: HttpRequest) -> Told:
    every = published_rows()
    periods = sorted({row.period for row in every}, reverse=True)
    wanted = request.GET.get("annee", "")
    chosen = wanted if wanted in periods else ""
    years: dict[str, list[Shown]] = defaultdict(list)
    for row in every:
        if not chosen or row.period == chosen:
            years[row.period].append(Shown(row, lines_of(row), UNITS.get(row.id, "")))
    return Told(chosen, periods, sorted(years.items(), reverse=True))


def _rows(years: list[tuple[str, list[Shown]]]) -> Iterator[list[Value]]:
    """One row for each number; a number is rounded as the page rounds it."""
    for year, every in years:
        for shown in every:
            row = shown.row
            for line in shown.lines:
                numbers = [_rounded(each, line.decimals) for each in (line.published, line.computed, line.gap)]
                yield [year, row.id, row.label, line.label, *numbers, shown.unit, row.rule, row.note]


def _rounded(value: Decimal | None, decimals: int) -> Decimal | None:
    return None if value is None else round(value, decimals) + 0  # −0,04 is 0, not −0


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
