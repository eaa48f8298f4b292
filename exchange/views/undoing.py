"""Undoing an import: what would go, then the act."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.proof import recently_proved
from core.components import Entry
from core.errors import OperationRefused
from core.http import needs, sentence_of
from exchange import operations
from exchange.operations import PAGE_ROWS
from exchange.views.importing import FOLLOW
from exchange.views.person import IMPORT, person
from exchange.words import undone


@needs(IMPORT)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What goes with the import, or why it stays (GET); then all of it goes, or nothing (POST): a long one by a job."""
    told = get_object_or_404(operations.imports_of(person(request)), pk=pk)
    refusal, status = "", 200
    if request.method == "POST":
        try:
            if told.created > PAGE_ROWS and told.undone_at is None:
                job = operations.undo_in_background(told, by=person(request), back=request.path)
                return redirect(FOLLOW, job.pk)
            messages.success(request, undone(operations.undo_import(pk, by=person(request))))
            return redirect("exchange:import")
        except OperationRefused as refused:
            refusal, status = str(refused), 422
        except IntegrityError as error:  # a table that undoing does not know yet
            refusal, status = sentence_of(error), 422
    return render(
        request,
        "exchange/undo.html",
        {
            "told": told,
            "refusal": refusal or operations.why_not_undo(told),
            "above": [Entry("Import du registre", reverse("exchange:import"))],
            "back": reverse("exchange:import"),
        },
        status=status,
    )
