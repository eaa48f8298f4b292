"""Séances as they were held, and a situation's passages before them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from audit.reading import opened
from cases.dossiers.models import Dossier, State
from cases.dossiers.operations.acts import INSTRUCT, RESOURCES, VIEW
from cases.dossiers.views import actor, dossier_context, names_of, visible_dossier
from commission.models import (
    BEFORE_OPENING,
    DECISIONS,
    ON_AGENDA,
    PRESENTED,
    Examen,
    ExamenGroupGrant,
    ExamenState,
    Seance,
    SeanceState,
    Snapshot,
)
from commission.operations import is_open_to_enrolment, may_withdraw, members_of, open_fiches, why_not_extend
from commission.operations.awaiting import READ_FICHE
from commission.operations.grants import POSITIONED
from commission.operations.seances import RUN
from commission.views.fiches import A_MOMENT, told_here
from core.components import Act, Condition, Entry, Method
from core.http import needs
from core.typography import day_and_month, number

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


class Situation(NamedTuple):
    """A line of a séance. `withdrawal` is where the reader takes it off the agenda, empty when she may not."""

    examen: Examen
    name: str
    look: tuple[str, str]
    withdrawal: str


class Passage(NamedTuple):
    """A passage on the dossier's tab. `open_until` is the last day on which the landlord that volunteered reads it."""

    examen: Examen
    look: tuple[str, str]
    snapshot: Snapshot | None
    withdrawal: str
    open_until: datetime | None
    may_extend: bool


@needs("commission.view_seance")
@require_safe
def seances(request: HttpRequest) -> HttpResponse:
    """Those to come, then those held, by year; the number of situations only for who may open dossiers."""
    may_files, reads = request.user.has_perm(VIEW), request.user.has_perm(READ_FICHE)
    found: QuerySet[Seance] = Seance.objects.with_presences()
    if may_files:
        found = _counted(found, actor(request))
    held, to_come, going_on = (
        list(found.held().order_by("-held_on")),  # type: ignore[attr-defined]
        list(found.to_come()),  # type: ignore[attr-defined]
        list(found.going_on()),  # type: ignore[attr-defined]
    )
    years: dict[int, list[Seance]] = defaultdict(list)
    for each in held:
        years[each.held_on.year].append(each)
    if reads:
        _say_what_is_open([*held, *to_come, *going_on], actor(request))
    context = {
        "to_come": to_come,
        "years": list(years.items()),
        "may_files": may_files,
        "reads": reads,
        "may_plan": request.user.has_perm(RUN),
        "going_on": going_on,
    }
    return render(request, "commission/seances.html", context)


def _counted(found: QuerySet[Seance], user: User) -> QuerySet[Seance]:
    """Each séance with the number of situations that `user` may open, presented or on its agenda."""
    shown = Q(examens__state__in=PRESENTED) | Q(state__in=BEFORE_OPENING, examens__state__in=ON_AGENDA)
    hers = Q(examens__dossier__in=Dossier.objects.visible_to(user))
    return found.annotate(situation_count=Count("examens", filter=shown & hers, distinct=True))


def _say_what_is_open(found: Sequence[Seance], user: User) -> None:
    """On each séance, what a member finds there: so many fiches, or that her organisation is called."""
    fiches, called = open_fiches(user), set(Seance.objects.called_to(user).values_list("pk", flat=True))
    for each in found:
        count = fiches.get(each.pk, 0)
        each.for_me = number(count) if count else "convoqué" if each.pk in called else "–"  # type: ignore[attr-defined]


@needs("commission.view_seance")
@require_safe
def seance(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One séance: who sat, and the situations that the reader may open."""
    found = get_object_or_404(Seance, pk=pk)
    may_files, runs = request.user.has_perm(VIEW), request.user.has_perm(RUN)
    rows = _situations(request, found) if may_files else []
    before = runs and is_open_to_enrolment(found)
    ready = list(_ready(request)) if before else []
    names = names_of(ready, actor(request))
    acts = acts_of(found, rows, today=timezone.localdate()) if runs else []
    reads = request.user.has_perm(READ_FICHE)
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
            "has_next": before or any(row.withdrawal for row in rows),
            "act": acts[0] if acts else None,
            "others": acts[1:],
            "members": members_of(found),
            "reads": reads,
            "fiches": told_here(request, found) if reads else [],
            "is_called": reads and Seance.objects.called_to(actor(request)).filter(pk=found.pk).exists(),
            "ready": [(dossier, names[dossier.pk]) for dossier in ready],
            "above": [Entry("Séances", reverse("commission:seances"))],
        },
    )


@needs(VIEW)
@require_safe
def dossier_tab(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The « Commission » tab of a dossier: its passages, and what was shown there."""
    dossier = visible_dossier(request, pk)
    examens = Examen.objects.filter(dossier=dossier).select_related("seance", "positioned_landlord")
    shown: dict[UUID, Snapshot] = {}
    if request.user.has_perm(RESOURCES):
        for snapshot in Snapshot.objects.filter(dossier=dossier).last_versions():
            shown[snapshot.examen_id] = snapshot
    closing = {} if dossier.is_protected else _closing(examens)
    passages = [
        Passage(
            examen,
            LOOKS[ExamenState(examen.state)],
            shown.get(examen.pk),
            _withdrawal(examen, request),
            closing.get(examen.pk),
            request.user.has_perm(INSTRUCT) and not why_not_extend(examen),
        )
        for examen in examens.order_by("-seance__held_on")
    ]
    waiting = any(examen.is_active for examen in examens)
    on_agenda = any(examen.state in ON_AGENDA for examen in examens)
    staff = request.user.has_perm(INSTRUCT) or request.user.has_perm(RUN)
    context = {
        **dossier_context(request, dossier, "commission"),
        "may_preview": staff and (on_agenda or dossier.state == State.PRET),
        "passages": passages,
        "may_enrol": request.user.has_perm(INSTRUCT)
        and dossier.state == State.PRET
        and not waiting
        and Seance.objects.to_come().exists(),
    }
    return render(request, "commission/dossier_tab.html", context)


def _closing(examens: QuerySet[Examen]) -> dict[UUID, datetime]:
    """Until when the landlord that volunteered reads the fiche, by examen."""
    given = ExamenGroupGrant.objects.filter(content_object__in=examens.order_by().values("pk"), reason=POSITIONED)
    last = given.order_by().values_list("content_object").annotate(last=Max("valid_until"))
    return {pk: until - A_MOMENT for pk, until in last}


def _withdrawal(examen: Examen, request: HttpRequest) -> str:
    """The address of the act, by the role that does it; empty when it would be refused."""
    user = actor(request)
    if not may_withdraw(examen, user):
        return ""
    if user.has_perm(RUN):
        return reverse("commission:withdraw", args=[examen.seance_id, examen.pk])
    return reverse("commission:withdraw_dossier", args=[examen.dossier_id, examen.pk])


def _situations(request: HttpRequest, found: Seance) -> list[Situation]:
    """The examens of the séance that the reader sees, each with the name that her role shows."""
    theirs = found.examens.filter(dossier__in=Dossier.objects.visible_to(actor(request)))
    examens = list(theirs.select_related("dossier", "positioned_landlord").order_by("rank", "dossier__reference"))
    if examens:
        opened("seance.opened", target=found.pk)
    names = names_of([examen.dossier for examen in examens], actor(request))
    return [
        Situation(examen, names[examen.dossier_id], LOOKS[ExamenState(examen.state)], _withdrawal(examen, request))
        for examen in examens
    ]


def acts_of(seance: Seance, rows: Sequence[Situation], *, today: date) -> list[Act]:
    """What is possible now on a séance, for who runs it; the way forward first."""
    state = SeanceState(seance.state)
    acts = []
    if state == SeanceState.PLANIFIEE:
        acts = [_act("Convoquer les membres", "convene", seance, "envelope-paper", method="get")]
    elif state == SeanceState.CONVOQUEE:
        acts = [_act("Arrêter l’ordre du jour", "settle", seance, "flag")]
    elif state == SeanceState.ODJ_ARRETE:
        day = f"La séance s’ouvre le {day_and_month(seance.held_on, today=today)}." if seance.held_on > today else ""
        acts = [_act("Ouvrir la séance", "opening", seance, "people", method="get", elsewhere=day)]
    elif state == SeanceState.OUVERTE:
        waiting = [
            Condition(f"La décision sur {row.name}.")
            for row in rows
            if row.examen.state not in DECISIONS and row.examen.state != ExamenState.RETIREE
        ]
        acts = [_act("Clore la séance", "close", seance, "check-circle", missing=waiting, method="get")]
    if state in (SeanceState.CONVOQUEE, SeanceState.ODJ_ARRETE):
        acts.append(_act("Changer les membres convoqués", "members", seance, "building-check", method="get"))
    if is_open_to_enrolment(seance):
        acts.append(_act("Changer la date", "postpone", seance, "calendar-event", method="get"))
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
    enrolled = Examen.objects.active().values("dossier")
    return Dossier.objects.visible_to(actor(request)).awaiting_commission().exclude(pk__in=enrolled)
