"""The « Accompagnement » tab of a dossier, and what is written there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.proof import recently_proved
from cases.dossiers.models import Dossier, State
from cases.dossiers.operations.acts import INSTRUCT, VIEW
from cases.dossiers.views import actor, dossier_context, visible_dossier
from cases.support import operations
from cases.support.forms import EndForm, OpenForm
from cases.support.models import Measure, MeasureKind
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import needs

MANAGE = "support.manage_measure"
HIDDEN = (
    "Ce dossier est protégé : tant qu’il l’est, l’équipe ne le voit pas. Pour qu’une personne de l’équipe l’ouvre, "
    "ouvrez-le à son nom."
)


@needs(VIEW)
@require_safe
def dossier_tab(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The support measures of the household in this situation, the last one first."""
    dossier = visible_dossier(request, pk)
    measures = Measure.objects.filter(dossier=dossier).select_related("operator").order_by("-created_at")
    live = set(Measure.objects.live().filter(dossier=dossier).values_list("pk", flat=True))
    may_manage = request.user.has_perm(MANAGE)
    ours = set(operations.teams_of(actor(request)).values_list("pk", flat=True)) if may_manage else set()
    every = request.user.has_perm(INSTRUCT)
    context = dossier_context(request, dossier, "support")
    context |= {
        "measures": [
            (
                measure,
                "logement" if measure.pk in live else "fin",
                may_manage and measure.pk in live and (every or measure.operator_id in ours),
            )
            for measure in measures
        ],
        "may_open": may_manage and dossier.state != State.CLOS,
    }
    return render(request, "support/dossier_tab.html", context)


@needs(MANAGE)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def open_measure(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A measure has begun; of a protected dossier, the team is told nothing."""
    dossier = visible_dossier(request, pk)
    aside = HIDDEN if dossier.is_protected else ""

    def do(told: dict[str, Any]) -> tuple[str, str]:
        kind = MeasureKind(told["kind"])
        operations.open_measure(
            dossier.pk, kind, operator=told["operator"], started_on=told["started_on"], by=actor(request)
        )
        return f"L’accompagnement est ouvert. {aside}".strip(), _tab(dossier)

    page = _page(dossier, "Ouvrir un accompagnement", "Ouvrir l’accompagnement", aside)
    return form_page(request, OpenForm(posted(request), teams=operations.teams_of(actor(request))), page, do)


@needs(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def end_measure(request: HttpRequest, pk: UUID, measure: UUID) -> HttpResponse:
    """A measure is over; who no longer sees the dossier goes back to her list."""
    dossier = visible_dossier(request, pk)
    found = get_object_or_404(Measure, pk=measure, dossier=dossier)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        user = actor(request)
        operations.end_measure(found.pk, on=told["on"], by=user)
        still = Dossier.objects.visible_to(user).filter(pk=dossier.pk).exists()
        return "L’accompagnement est terminé.", _tab(dossier) if still else reverse("dossiers:list")

    text = "Ni le bail ni le dossier ne prennent fin. L’équipe ne verra plus le dossier, sauf autre mesure en cours."
    page = _page(dossier, "Terminer l’accompagnement", "Terminer l’accompagnement", text)
    return form_page(request, EndForm(posted(request)), page, do)


def _page(dossier: Dossier, heading: str, action: str, text: str = "") -> Page:
    trail = [
        Entry("Dossiers", reverse("dossiers:list")),
        Entry(dossier.reference, dossier.get_absolute_url()),
        Entry("Accompagnement", _tab(dossier)),
    ]
    return Page(heading, action, _tab(dossier), icon="house-heart", text=text, trail=trail)


def _tab(dossier: Dossier) -> str:
    return reverse("support:dossier", args=[dossier.pk])
