"""Who opened a dossier, and when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count, Max, OuterRef, QuerySet
from django.db.models.functions import TruncDate
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Membership, User
from audit.models import Entry
from cases.dossiers.operations.acts import INSTRUCT, VIEW
from cases.dossiers.views.frame import actor, dossier_context, visible_dossier
from core.http import needs

READ_JOURNAL = "audit.read_journal"
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Reader:
    """One person, one day: where she works now, empty when she works nowhere any more."""

    who: str
    body: str
    last: datetime
    times: int


@needs(VIEW)
@require_safe
def readings(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who opened the dossier, by person and by day, the last one first."""
    if not sees_readings(actor(request)):
        raise Http404
    found = visible_dossier(request, pk)
    by_day = openings(found.pk).order_by().annotate(day=TruncDate("recorded_at")).values("day", "actor_id")
    told = by_day.annotate(last=Max("recorded_at"), times=Count("pk")).order_by("-last", "actor_id")
    page = Paginator(told, PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    context = {**dossier_context(request, found, "journal"), "rows": _readers(rows), "page": page}
    return render(request, "dossiers/readings.html", context)


def sees_readings(user: User) -> bool:
    """Who instructs, and the DPO: each where she sees the dossier."""
    return user.has_perm(INSTRUCT) or user.has_perm(READ_JOURNAL)


def openings(dossier: UUID | OuterRef) -> QuerySet[Entry]:
    """The readings of a dossier but those of its fiches: members of a séance open no dossier."""
    return Entry.objects.readings(dossier).exclude(event__startswith="fiche.")


def _readers(rows: Collection[dict[str, Any]]) -> list[Reader]:
    people = User.objects.in_bulk({row["actor_id"] for row in rows if row["actor_id"]})
    held = Membership.objects.live().filter(user__in=people).order_by("valid_from")
    bodies: dict[UUID, str] = dict(held.values_list("user_id", "organisation__name"))
    return [
        Reader(str(people.get(row["actor_id"], "Seuil")), bodies.get(row["actor_id"], ""), row["last"], row["times"])
        for row in rows
    ]
