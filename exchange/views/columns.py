"""Headers that are not recognised: a person says once what the columns hold, and may take it back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core.components import Entry
from core.errors import OperationRefused
from core.http import needs, post_only, refusals_to_messages
from exchange import operations
from exchange.forms import ColumnsForm
from exchange.models import ColumnMapping, PendingImport, Sent
from exchange.reading.columns import EXTRACTION, MEANT, vocabulary
from exchange.reading.telling import Unknown
from exchange.views.person import IMPORT, person

NOTHING_TO_TELL = "Il n’y a pas de colonnes à désigner dans ces fichiers : vérifiez leurs en-têtes, puis renvoyez-les."


@needs(IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One sheet: each of its columns, the shape of its cells, and what it holds. `?feuille=` chooses among several."""
    pending = get_object_or_404(PendingImport, pk=pk, owner=person(request))
    is_register = pending.kind == Sent.REGISTER
    door = "exchange:import" if is_register else "exchange:si_siao"
    try:
        sheets = operations.unknown_of(pending)
    except OperationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(door)
    if not sheets:
        messages.error(request, NOTHING_TO_TELL)
        return redirect(door)
    rank, known = _asked(request, sheets), vocabulary(MEANT if is_register else EXTRACTION)
    form = ColumnsForm(sheets[rank], request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            told = sheets[rank].told(form.meanings())
            operations.remember(told, form.cleaned_data["name"], by=person(request))
            messages.success(request, "Ces en-têtes sont retenus : ils seront reconnus la prochaine fois.")
            return redirect("exchange:preview" if is_register else "exchange:si_siao_compare", pending.pk)
        except OperationRefused as refusal:
            form.add_error(None, str(refusal))
    return render(
        request,
        "exchange/columns.html",
        {
            "pending": pending,
            "form": form,
            "sheet": sheets[rank],
            "sheets": _tabs(sheets, rank),
            "needed": [known.labels[meaning] for meaning in known.required],
            "one_of": [known.labels["sex"], known.labels["household_type"]] if is_register else [],
            "then": "voir ce qui changerait" if is_register else "comparer",
            "above": [Entry("Import du registre" if is_register else "SI-SIAO", reverse(door))],
        },
        status=422 if form.errors else 200,
    )


@needs(IMPORT)
@require_safe
def mappings(request: HttpRequest) -> HttpResponse:
    """What is remembered of columns: what each says, who told it, what it replaced."""
    found = []
    for each in operations.mappings_of(person(request)):
        labels = vocabulary(each.correspondence.kind).labels
        told = each.correspondence.columns.items()
        found.append((each, [(header, labels[meaning]) for header, meaning in told if meaning in labels]))
    return render(
        request,
        "exchange/mappings.html",
        {
            "mappings": found,
            "extraction": EXTRACTION,
            "above": [Entry("Import du registre", reverse("exchange:import"))],
        },
    )


@needs(IMPORT)
@post_only
@refusals_to_messages
def forget(request: HttpRequest, mapping: UUID) -> HttpResponse:
    """Recognise these headers no more; what was told stays in the history."""
    user = person(request)
    get_object_or_404(ColumnMapping, pk=mapping, organisation=operations.organisation_of(user))
    operations.forget(mapping, by=user)
    messages.success(request, "Cette correspondance est oubliée : ses en-têtes ne seront plus reconnus.")
    return redirect("exchange:mappings")


def _asked(request: HttpRequest, sheets: list[Unknown]) -> int:
    """The sheet that is asked; else the first that is not read; else the first."""
    asked = request.GET.get("feuille", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 4 and int(asked) < len(sheets):
        return int(asked)
    return next((rank for rank, sheet in enumerate(sheets) if sheet.reason), 0)


def _tabs(sheets: list[Unknown], rank: int) -> list[Entry]:
    """The sheets, when there are several."""
    if len(sheets) == 1:
        return []
    return [
        Entry(each.sheet.name or each.sheet.file, f"?feuille={place}", current=place == rank)
        for place, each in enumerate(sheets)
    ]
