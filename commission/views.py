"""Séances as they were held, and a situation's passages before them."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from audit.reading import opened
from cases.dossiers.views import dossier_context, names_of, visible_dossier
from commission.models import PRESENTED, Examen, ExamenState, Seance, Snapshot
from core.components import Entry
from core.http import needs

LOOKS = {
    ExamenState.INSCRITE: ("entree", "calendar-event"),
    ExamenState.CONFIRMEE: ("entree", "calendar-event"),
    ExamenState.PRESENTEE: ("commission", "people"),
    ExamenState.VALIDEE: ("logement", "check-circle"),
    ExamenState.VALIDEE_SOUS_RESERVE: ("attente", "check-circle"),
    ExamenState.AJOURNEE_SEANCE: ("attente", "pause-circle"),
    ExamenState.NON_VALIDEE: ("fin", "slash-circle"),
    ExamenState.RETIREE: ("fin", "x-lg"),
}


@needs("commission.view_seance")
@require_safe
def seances(request: HttpRequest) -> HttpResponse:
    """Those to come, then those held, by year; the number of situations only for who may open dossiers."""
    may_files = request.user.has_perm("dossiers.view_dossier")
    found: QuerySet[Seance] = Seance.objects.with_presences()
    if may_files:
        presented = Count("examens", filter=Q(examens__state__in=PRESENTED), distinct=True)
        found = found.annotate(situation_count=presented)
    years: dict[int, list[Seance]] = defaultdict(list)
    for each in found.held().order_by("-held_on"):  # type: ignore[attr-defined]
        years[each.held_on.year].append(each)
    context = {
        "to_come": list(found.to_come()),  # type: ignore[attr-defined]
        "years": list(years.items()),
        "may_files": may_files,
    }
    return render(request, "commission/seances.html", context)


@needs("commission.view_seance")
@require_safe
def seance(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One séance: who sat, and the situations that the reader may open."""
    found = get_object_or_404(Seance, pk=pk)
    may_files = request.user.has_perm("dossiers.view_dossier")
    rows = _situations(request, found) if may_files else []
    present = found.presences.select_related("organisation").order_by("organisation__sort_key")
    return render(
        request,
        "commission/seance.html",
        {
            "seance": found,
            "present": [presence.organisation for presence in present],
            "rows": rows,
            "may_files": may_files,
            "above": [Entry("Séances", reverse("commission:seances"))],
        },
    )


@needs("dossiers.view_dossier")
@require_safe
def dossier_tab(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The « Commission » tab of a dossier: its passages, and what was shown there."""
    dossier = visible_dossier(request, pk)
    examens = Examen.objects.filter(dossier=dossier).select_related("seance", "positioned_landlord")
    shown: dict[UUID, Snapshot] = {}
    if request.user.has_perm("dossiers.see_resources"):
        for snapshot in Snapshot.objects.filter(dossier=dossier).last_versions():
            shown[snapshot.examen_id] = snapshot
    passages = [
        (examen, LOOKS[ExamenState(examen.state)], shown.get(examen.pk))
        for examen in examens.order_by("-seance__held_on")
    ]
    context = {**dossier_context(request, dossier, "commission"), "passages": passages}
    return render(request, "commission/dossier_tab.html", context)


def _situations(request: HttpRequest, found: Seance) -> list[tuple[Examen, str, tuple[str, str]]]:
    """The examens of the séance that the reader sees, each with the name that her role shows."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  `needs` let in signed-in people alone
    examens = list(
        found.examens.select_related("dossier", "positioned_landlord").order_by("rank", "dossier__reference")
    )
    if examens:
        opened("seance.opened", target=found.pk)
    names = names_of([examen.dossier for examen in examens], user)
    return [(examen, names[examen.dossier_id], LOOKS[ExamenState(examen.state)]) for examen in examens]
