"""Importing the register from the site: send, look at what would change, confirm."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from audit.reading import opened
from core.components import Entry
from core.errors import OperationRefused
from core.http import needs, post_only, refusals_to_messages
from core.typography import euros
from exchange import operations
from exchange.forms import RegisterForm
from exchange.models import PendingImport
from exchange.operations import MOST_ROWS, PAGE_ROWS, SITUATION_COLUMNS, Outcome, Report, RowPlan
from exchange.reading.codes import label_of
from exchange.reading.register import Reading
from exchange.reading.rows import BadCell
from exchange.words import imported

IMPORT = "dossiers.import_register"
FOLLOW = "desk:job"  # above: its name alone is known here
SHOWN = 200  # bad cells on the page: a row may have several


@needs(IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Send the files; a refused one says why beside the field."""
    form = RegisterForm(request.POST, request.FILES) if request.method == "POST" else RegisterForm()
    if request.method == "POST" and form.is_valid():
        try:
            sent = [(file.name or "fichier", file.read()) for file in form.cleaned_data["register"]]
            pending = operations.receive(sent, by=_person(request))
            return redirect("exchange:preview", pending.pk)
        except OperationRefused as refusal:
            form.add_error("register", str(refusal))
    return render(
        request,
        "exchange/upload.html",
        {
            "form": form,
            "most_rows": MOST_ROWS,
            "under_way": _followed(request),
            "columns": list(SITUATION_COLUMNS.values()),
        },
        status=422 if form.errors else 200,
    )


@needs(IMPORT)
@require_safe
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What would be created, changed, left; column by column. Nothing is written."""
    pending = get_object_or_404(PendingImport, pk=pk, owner=_person(request))
    if job := operations.job_of(pending, by=_person(request)):
        return redirect(FOLLOW, job.pk)
    try:
        reading = operations.open_pending(pending)
    except OperationRefused as refusal:  # read again another day, by other rules
        messages.error(request, str(refusal))
        return redirect("exchange:import")
    return _page(request, pending, reading)


def _page(
    request: HttpRequest,
    pending: PendingImport,
    reading: Reading,
    *,
    refused: Collection[BadCell] = (),
    status: int = 200,
) -> HttpResponse:
    """The preview; after a try that wrote nothing, with the rows that were `refused` then."""
    report = operations.preview_register(reading, by=_person(request), refused=refused)
    created = [plan for plan in report.plans if plan.outcome is Outcome.CREATED][:PAGE_ROWS]
    changed = [plan for plan in report.plans if plan.outcome is Outcome.CHANGED][:PAGE_ROWS]
    for plan in changed:
        if plan.known is not None:
            opened("dossier.compared", target=plan.known.dossier.pk, dossier=plan.known.dossier.pk)
    return render(
        request,
        "exchange/preview.html",
        {
            "pending": pending,
            "report": report,
            "created": [
                (plan.row.reference, f"{plan.row.last_name} {plan.row.first_name}".strip()) for plan in created
            ],
            "changed": [(plan.row.reference, _differences(plan)) for plan in changed],
            "page_rows": PAGE_ROWS,
            "rejected": report.rejected[:SHOWN],
            "shown": SHOWN,
            "ignored": reading.ignored,
            "warnings": reading.warnings[:SHOWN],
            "seances": report.told_seances,
            "tried": bool(refused),
            "nothing": not _writes(report),
            "above": [Entry("Import du registre", reverse("exchange:import"))],
        },
        status=status,
    )


@needs(IMPORT)
@post_only
@refusals_to_messages
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write the register, all of it, or with « malgré tout » all but its bad rows; a long one, as a job."""
    person = _person(request)
    pending = get_object_or_404(PendingImport, pk=pk, owner=person)
    reading, keep_going = operations.open_pending(pending), "malgre" in request.POST
    if (rows := operations.rows_of(reading)) > PAGE_ROWS:
        back = reverse("exchange:preview", args=[pk])
        job = operations.import_in_background(pending, by=person, rows=rows, keep_going=keep_going, back=back)
        return redirect(FOLLOW, job.pk)
    report = operations.import_register(reading, by=person, keep_going=keep_going)
    if not report.written:
        return _page(request, pending, reading, refused=report.rejected, status=422)
    operations.discard(pending, by=person)
    messages.success(request, imported(report))
    return redirect("dossiers:list")


@needs(IMPORT)
@post_only
@refusals_to_messages
def give_up(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete the files that were sent; nothing was written."""
    pending = get_object_or_404(PendingImport, pk=pk, owner=_person(request))
    operations.discard(pending, by=_person(request))
    messages.success(request, "Rien n’a été importé, et les fichiers envoyés sont supprimés.")
    return redirect("exchange:import")


def _followed(request: HttpRequest) -> str:
    """The page that follows the import under way, when there is one."""
    job = operations.imports_under_way(_person(request)).first()
    return reverse(FOLLOW, args=[job.pk]) if job else ""


def _writes(report: Report) -> bool:
    counts = (report.situations, report.seances)
    return any(each.created or each.changed for each in counts)


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


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  `needs` let in signed-in people alone
    return request.user
