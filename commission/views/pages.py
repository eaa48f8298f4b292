"""Séances as they were held, and a situation's passages before them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.reading import opened
from cases.dossiers.models import Dossier, State
from cases.dossiers.views import actor, dossier_context, names_of, visible_dossier
from commission.models import DECISIONS, PRESENTED, Examen, ExamenState, Seance, SeanceState, Snapshot
from commission.operations import ACTIVE, is_open_to_enrolment
from core.components import Act, Condition, Entry, Method
from core.http import needs
from core.typography import day_and_month

RUN, INSTRUCT = "commission.run_seance", "dossiers.instruct_dossier"
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
        "may_plan": request.user.has_perm(RUN),
        "going_on": list(found.going_on()),  # type: ignore[attr-defined]
    }
    return render(request, "commission/seances.html", context)


@needs("commission.view_seance")
@require_safe
def seance(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One séance: who sat, and the situations that the reader may open."""
    found = get_object_or_404(Seance, pk=pk)
    may_files, runs = request.user.has_perm("dossiers.view_dossier"), request.user.has_perm(RUN)
    rows = _situations(request, found) if may_files else []
    before = runs and is_open_to_enrolment(found)
    ready = list(_ready(request)) if before else []
    names = names_of(ready, actor(request))
    acts = acts_of(found, rows, today=timezone.localdate()) if runs else []
    present = found.presences.select_related("organisation").order_by("organisation__sort_key")
    return render(
        request,
        "commission/seance.html",
        {
            "seance": found,
            "present": [presence.organisation for presence in present],
            "rows": rows,
            "may_files": may_files,
            "runs": runs,
            "in_session": runs and found.state == SeanceState.OUVERTE,
            "before": before,
            "act": acts[0] if acts else None,
            "others": acts[1:],
            "ready": [(dossier, names[dossier.pk]) for dossier in ready],
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
    waiting = any(examen.state in ACTIVE for examen in examens)
    context = {
        **dossier_context(request, dossier, "commission"),
        "passages": passages,
        "may_enrol": request.user.has_perm(INSTRUCT)
        and dossier.state == State.PRET
        and not waiting
        and Seance.objects.to_come().exists(),
    }
    return render(request, "commission/dossier_tab.html", context)


def _situations(request: HttpRequest, found: Seance) -> list[tuple[Examen, str, tuple[str, str]]]:
    """The examens of the séance that the reader sees, each with the name that her role shows."""
    examens = list(
        found.examens.select_related("dossier", "positioned_landlord").order_by("rank", "dossier__reference")
    )
    if examens:
        opened("seance.opened", target=found.pk)
    names = names_of([examen.dossier for examen in examens], actor(request))
    return [(examen, names[examen.dossier_id], LOOKS[ExamenState(examen.state)]) for examen in examens]


def acts_of(seance: Seance, rows: Sequence[tuple[Examen, str, tuple[str, str]]], *, today: date) -> list[Act]:
    """What is possible now on a séance, for who runs it; the way forward first."""
    state = SeanceState(seance.state)
    acts = []
    if state == SeanceState.PLANIFIEE:
        acts = [_act("Convoquer les membres", "convene", seance, "envelope-paper")]
    elif state == SeanceState.CONVOQUEE:
        acts = [_act("Arrêter l’ordre du jour", "settle", seance, "flag")]
    elif state == SeanceState.ODJ_ARRETE:
        day = f"La séance s’ouvre le {day_and_month(seance.held_on, today=today)}." if seance.held_on > today else ""
        acts = [_act("Ouvrir la séance", "opening", seance, "people", method="get", elsewhere=day)]
    elif state == SeanceState.OUVERTE:
        waiting = [
            Condition(f"La décision sur {name}.")
            for examen, name, _ in rows
            if examen.state not in DECISIONS and examen.state != ExamenState.RETIREE
        ]
        acts = [_act("Clore la séance", "close", seance, "check-circle", missing=waiting)]
    if is_open_to_enrolment(seance):
        acts.append(_act("Annuler la séance", "cancel", seance, "slash-circle", method="get"))
    return acts


def _act(
    label: str,
    name: str,
    seance: Seance,
    icon: str,
    *,
    method: Method = "post",
    missing: Sequence[Condition] = (),
    elsewhere: str = "",
) -> Act:
    url = reverse(f"commission:{name}", args=[seance.pk])
    return Act(label, url, icon, method=method, missing=missing, elsewhere=elsewhere)


def _ready(request: HttpRequest) -> QuerySet[Dossier]:
    """The situations that wait for a séance, and are on no agenda."""
    enrolled = Examen.objects.filter(state__in=ACTIVE).values("dossier")
    return Dossier.objects.visible_to(actor(request)).awaiting_commission().exclude(pk__in=enrolled)
