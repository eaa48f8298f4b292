"""Importing the register from the site: send, look at what would change, confirm."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import OperationRefused
from core.http import needs, post_only, refusals_to_messages
from exchange import operations
from exchange.forms import RegisterForm
from exchange.models import PendingImport, Sent
from exchange.operations import MOST_ROWS, PAGE_ROWS, SITUATION_COLUMNS
from exchange.reading.columns import Unrecognised
from exchange.views.difference import difference
from exchange.views.person import IMPORT, person
from exchange.words import imported

MOST_IMPORTS = 10  # shown, the last ones
FOLLOW = "desk:job"  # above: its name alone is known here


@needs(IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Send the files; a refused one says why beside the field."""
    form = RegisterForm(request.POST, request.FILES) if request.method == "POST" else RegisterForm()
    if request.method == "POST" and form.is_valid():
        try:
            sent = [(file.name or "fichier", file.read()) for file in form.cleaned_data["register"]]
            pending = operations.receive(sent, by=person(request))
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
            "imports": operations.imports_of(person(request))[:MOST_IMPORTS],
        },
        status=422 if form.errors else 200,
    )


@needs(IMPORT)
@require_safe
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What would be created, changed, left; column by column. Nothing is written."""
    pending = get_object_or_404(PendingImport, pk=pk, owner=person(request), kind=Sent.REGISTER)
    if job := operations.job_of(pending, by=person(request)):
        return redirect(FOLLOW, job.pk)
    try:
        reading = operations.open_pending(pending)
    except Unrecognised as refusal:
        if operations.unknown_of(pending):
            return redirect("exchange:columns", pending.pk)
        messages.error(request, str(refusal))
        return redirect("exchange:import")
    except OperationRefused as refusal:  # read again another day, by other rules
        messages.error(request, str(refusal))
        return redirect("exchange:import")
    return difference(request, pending, reading)


@needs(IMPORT)
@post_only
@refusals_to_messages
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Write the register, all of it, or with « malgré tout » all but its bad rows; a long one, as a job."""
    owner = person(request)
    pending = get_object_or_404(PendingImport, pk=pk, owner=owner, kind=Sent.REGISTER)
    reading, keep_going = operations.open_pending(pending), "malgre" in request.POST
    if (rows := operations.rows_of(reading)) > PAGE_ROWS:
        back = reverse("exchange:preview", args=[pk])
        job = operations.import_in_background(pending, by=owner, rows=rows, keep_going=keep_going, back=back)
        return redirect(FOLLOW, job.pk)
    report = operations.import_register(reading, by=owner, keep_going=keep_going)
    if not report.written:
        return difference(request, pending, reading, refused=report.rejected, status=422)
    operations.discard(pending, by=owner)
    messages.success(request, imported(report))
    return redirect("dossiers:list")


@needs(IMPORT)
@post_only
@refusals_to_messages
def give_up(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete the files that were sent; nothing was written."""
    pending = get_object_or_404(PendingImport, pk=pk, owner=person(request))
    operations.discard(pending, by=person(request))
    messages.success(request, "Rien n’a été importé, et les fichiers envoyés sont supprimés.")
    return redirect("exchange:import")


def _followed(request: HttpRequest) -> str:
    """The page that follows the import under way, when there is one."""
    job = operations.imports_under_way(person(request)).first()
    return reverse(FOLLOW, args=[job.pk]) if job else ""
