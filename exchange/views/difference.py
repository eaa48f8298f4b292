"""What a register would do, row by row: a few rows of each kind, then each kind by pages. Nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from audit.reading import opened
from core.components import Entry
from core.typography import euros
from exchange import operations
from exchange.models import PendingImport
from exchange.operations import SITUATION_COLUMNS, Outcome, Report, RowPlan, Window
from exchange.reading.codes import label_of
from exchange.reading.columns import MEANT
from exchange.reading.register import Reading
from exchange.reading.rows import BadCell
from exchange.views.person import person

FIRST, A_PAGE = 20, 50
SHOWN = 200  # bad cells after a try, and remarks
REFUSED = "refusees"
KINDS: Mapping[str, Outcome | None] = {
    REFUSED: None,
    "modifier": Outcome.CHANGED,
    "creer": Outcome.CREATED,
    "inchanges": Outcome.UNCHANGED,
}
LABELS = {REFUSED: "Cellules refusées", "modifier": "À modifier", "creer": "À créer", "inchanges": "Inchangés"}


def difference(
    request: HttpRequest,
    pending: PendingImport,
    reading: Reading,
    *,
    refused: Collection[BadCell] = (),
    status: int = 200,
) -> HttpResponse:
    """The page; after a try that wrote nothing, with the rows that were `refused` then.

    `?lignes=` keeps one kind of rows, by pages of 50 (`?page=`); without it, the first twenty of each.
    """
    only = request.GET.get("lignes", "")
    only = only if only in KINDS else ""
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    window = Window(A_PAGE, KINDS[only], max(number, 1)) if only else Window(FIRST)
    report = operations.preview_register(reading, by=person(request), refused=refused, window=window)
    totals = _totals(report)
    page = Paginator(range(totals[only]), A_PAGE).get_page(number) if only else None
    if page and page.number != window.page:
        return redirect(f"{request.path}?lignes={only}&page={page.number}")
    rows = {code: [plan for plan in report.plans if plan.outcome is outcome] for code, outcome in KINDS.items()}
    if only:
        rows = {code: plans if code == only else [] for code, plans in rows.items()}
    for plan in [*rows["modifier"], *rows["inchanges"]]:
        if plan.known is not None:
            opened("dossier.compared", target=plan.known.dossier.pk, dossier=plan.known.dossier.pk)
    return render(
        request,
        "exchange/preview.html",
        {
            "pending": pending,
            "report": report,
            "kinds": _kinds(request, totals, only),
            "only": only,
            "page": page,
            "created": [(plan.row, _told(plan)) for plan in rows["creer"]],
            "changed": [(plan.row, _differences(plan)) for plan in rows["modifier"]],
            "unchanged": [plan.row for plan in rows["inchanges"]],
            "more": _more(request, totals, only, tried=bool(refused)),
            "rejected": _rejected(report, only, number, tried=bool(refused)),
            "ignored": reading.ignored if not only else [],
            "columns_left": any(each.column for each in reading.ignored) and MEANT in reading.kinds,
            "warnings": reading.warnings[:SHOWN] if not only else [],
            "seances": report.told_seances if not only else [],
            "tried": bool(refused),
            "nothing": not _writes(report),
            "above": [Entry("Import du registre", reverse("exchange:import"))],
        },
        status=status,
    )


def _totals(report: Report) -> dict[str, int]:
    counts = report.situations
    return {
        REFUSED: len(report.rejected),
        "modifier": counts.changed,
        "creer": counts.created,
        "inchanges": counts.unchanged,
    }


def _address(pending_path: str, code: str) -> str:
    return f"{pending_path}?lignes={code}" if code else pending_path


def _kinds(request: HttpRequest, totals: Mapping[str, int], only: str) -> list[Entry]:
    """The filters: everything, then each kind that has rows."""
    here = request.path.removesuffix("importer/")
    kept = [Entry("Tout", here, current=not only)]
    for code, count in totals.items():
        if count:
            kept.append(Entry(LABELS[code], _address(here, code), current=code == only, count=count))
    return kept


def _more(request: HttpRequest, totals: Mapping[str, int], only: str, *, tried: bool) -> dict[str, str]:
    """Where the rest of each kind is, when the first ones are not all."""
    here = request.path.removesuffix("importer/")
    left = {code: _address(here, code) for code, count in totals.items() if count > FIRST and not only}
    if tried:  # what was refused while writing is on this page alone
        left.pop(REFUSED, None)
    return left


def _rejected(report: Report, only: str, number: int, *, tried: bool) -> list[BadCell]:
    if only == REFUSED:
        return report.rejected[(number - 1) * A_PAGE : number * A_PAGE]
    return [] if only else report.rejected[: SHOWN if tried else FIRST]


def _writes(report: Report) -> bool:
    counts = (report.situations, report.seances)
    return any(each.created or each.changed for each in counts)


def _told(plan: RowPlan) -> list[tuple[str, str]]:
    """What a new dossier would hold: column, value, in words; names are beside."""
    names = ("last_name", "first_name")
    return [
        (label, _words(name, plan.after[name]))
        for name, label in SITUATION_COLUMNS.items()
        if name not in names and plan.after[name] not in (None, "")
    ]


def _differences(plan: RowPlan) -> list[tuple[str, str, str]]:
    """Column, before, after, in words."""
    return [
        (SITUATION_COLUMNS[name], _words(name, before), _words(name, after))
        for name, (before, after) in plan.changes.items()
    ]


def _words(column: str, value: Any) -> str:
    if value is None or value == "":
        return "vide"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Decimal):
        return euros(value)
    return label_of(column, str(value))
