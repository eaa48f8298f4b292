"""An extraction of SI-SIAO: sent, compared with what one sees, and what its words mean. Nothing of a dossier is written
here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from audit.reading import opened
from cases.dossiers.models import Dossier, Participant, PersonRole
from core.components import Entry
from core.errors import OperationRefused
from core.http import needs
from exchange import operations
from exchange.forms import ExtractionForm, ValuesForm
from exchange.models import PendingImport, Sent
from exchange.operations import MOST_ROWS, Reconciliation
from exchange.reading.columns import EXTRACTION, Unrecognised, vocabulary
from exchange.views.person import IMPORT, person

FIRST, A_PAGE = 20, 50
LABELS: Mapping[str, str] = {
    "nouveaux": "Dans le SI-SIAO, pas dans les dossiers qui vous sont ouverts",
    "ressemblances": "À reconnaître",
    "absents": "Dans Seuil, pas dans le SI-SIAO",
    "differences": "Différences",
    "illisibles": "Lignes laissées de côté",
}
SHORT = {**LABELS, "nouveaux": "Hors de vos dossiers", "absents": "Pas dans le SI-SIAO"}
"""On the filters, which do not wrap: a telephone is narrow."""


@needs(IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def si_siao(request: HttpRequest) -> HttpResponse:
    """Send the extraction; a refused file says why beside the field."""
    form = ExtractionForm(request.POST, request.FILES) if request.method == "POST" else ExtractionForm()
    if request.method == "POST" and form.is_valid():
        try:
            sent = [(file.name or "fichier", file.read()) for file in form.cleaned_data["extraction"]]
            pending = operations.receive(sent, by=person(request), kind=Sent.SI_SIAO)
            return redirect("exchange:si_siao_compare", pending.pk)
        except OperationRefused as refusal:
            form.add_error("extraction", str(refusal))
    return render(
        request,
        "exchange/si_siao.html",
        {
            "form": form,
            "most_rows": MOST_ROWS,
            "columns": list(vocabulary(EXTRACTION).labels.values()),
            "above": [Entry("Import du registre", reverse("exchange:import"))],
        },
        status=422 if form.errors else 200,
    )


@needs(IMPORT)
@require_safe
def compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is on one side alone, and what differs: a few of each, then each by pages (`?partie=`, `?page=`)."""
    pending = get_object_or_404(PendingImport, pk=pk, owner=person(request), kind=Sent.SI_SIAO)
    try:
        found = operations.reconcile(pending, by=person(request))
    except Unrecognised as refusal:
        if operations.unknown_of(pending):
            return redirect("exchange:columns", pending.pk)
        messages.error(request, str(refusal))
        return redirect("exchange:si_siao")
    except OperationRefused as refusal:  # read again another day, by other rules
        messages.error(request, str(refusal))
        return redirect("exchange:si_siao")
    parts: dict[str, Sequence[Any]] = {
        "nouveaux": found.new,
        "ressemblances": found.likely,
        "absents": found.absent,
        "differences": found.differences,
        "illisibles": found.bad,
    }
    only = request.GET.get("partie", "")
    only = only if only in parts else ""
    page = Paginator(parts[only], A_PAGE).get_page(request.GET.get("page")) if only else None
    kept = {code: rows[:FIRST] for code, rows in parts.items()} if page is None else {only: list(page.object_list)}
    return render(
        request,
        "exchange/compare.html",
        {
            "pending": pending,
            "rows": len(found.extraction.rows),
            "counts": [(LABELS[code], len(parts[code])) for code in ("nouveaux", "absents", "differences")],
            "chips": _chips(request, parts, only),
            "labels": LABELS,
            "page": page,
            "more": {code: f"?partie={code}" for code, rows in parts.items() if len(rows) > FIRST and not only},
            "untold": len(found.untold),
            "ignored": found.extraction.ignored if not only else [],
            "nouveaux": kept.get("nouveaux", ()),
            "rejected": kept.get("illisibles", ()),
            "above": [Entry("SI-SIAO", reverse("exchange:si_siao"))],
            **_of_dossiers(found, kept),
        },
    )


@needs(IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def si_siao_values(request: HttpRequest) -> HttpResponse:
    """What the words of SI-SIAO mean; with `?extraction=`, those of it of which nothing was said come first."""
    user = person(request)
    known, pending = operations.values_of(user), _extraction_of(request)
    words = list(operations.words_in(operations.read_extraction(pending))) if pending else []
    form = ValuesForm(known.values(), operations.untold(words, known), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.tell_values(form.told(), by=user)
            messages.success(request, "C’est retenu pour toute votre organisation.")
            return redirect("exchange:si_siao_compare", pending.pk) if pending else redirect("exchange:si_siao_values")
        except OperationRefused as refusal:
            form.add_error(None, str(refusal))
    return render(
        request,
        "exchange/values.html",
        {"form": form, "pending": pending, "above": [Entry("SI-SIAO", reverse("exchange:si_siao"))]},
        status=422 if form.errors else 200,
    )


def _extraction_of(request: HttpRequest) -> PendingImport | None:
    """The extraction that the address names, while it waits and can be read."""
    try:
        asked = UUID(request.GET.get("extraction", ""))
    except ValueError:
        return None
    pending = PendingImport.objects.filter(pk=asked, owner=person(request), kind=Sent.SI_SIAO).first()
    try:
        if pending is not None:
            operations.read_extraction(pending)
    except OperationRefused:
        return None
    return pending


def _chips(request: HttpRequest, parts: Mapping[str, Sequence[Any]], only: str) -> list[Entry]:
    """The filters: everything, then each part that has rows."""
    kept = [Entry("Tout", request.path, current=not only)]
    for code, rows in parts.items():
        if rows or code == only:
            kept.append(Entry(SHORT[code], f"{request.path}?partie={code}", current=code == only, count=len(rows)))
    return kept


def _of_dossiers(found: Reconciliation, kept: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The parts that show dossiers, each dossier noted as compared."""
    likely, absent, told = kept.get("ressemblances", ()), kept.get("absents", ()), kept.get("differences", ())
    ids = [*(pk for _, pk in likely), *absent]
    dossiers = Dossier.objects.visible_to(found.by).in_bulk(ids)
    stays = Participant.objects.filter(dossier__in=ids, role=PersonRole.TITULAIRE).select_related("person")
    people = {stay.dossier_id: stay.person for stay in stays}
    for pk in dict.fromkeys([*dossiers, *(each.dossier.pk for each in told)]):
        opened("dossier.compared", target=pk, dossier=pk)
    return {
        "likely": [(row, dossiers[pk], people.get(pk)) for row, pk in likely if pk in dossiers],
        "absent": [(dossiers[pk], people.get(pk)) for pk in absent if pk in dossiers],
        "differences": told,
    }
