"""The « Logement » tab of a dossier, and what is written there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.dossiers.models import Dossier, Outcome
from cases.dossiers.operations.acts import VIEW
from cases.dossiers.views import actor, dossier_context, outcome_words, visible_dossier
from cases.housing import operations
from cases.housing.forms import EntryForm, OutcomeForm, SignForm
from cases.housing.models import ENDED, LIVE, Lease, LeaseKind, LeaseState, Parc
from cases.housing.operations import SEARCHING, NewLease
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import needs

MANAGE = "housing.manage_lease"


@needs(VIEW)
@require_safe
def dossier_tab(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The leases of the household in this situation, the last one first."""
    dossier = visible_dossier(request, pk)
    leases = list(Lease.objects.filter(dossier=dossier).select_related("landlord").order_by("-created_at"))
    context = dossier_context(request, dossier, "housing")
    may_manage = request.user.has_perm(MANAGE)
    context |= {
        "leases": [
            (
                lease,
                "fin" if lease.state in ENDED else "logement",
                outcome_words(lease.outcome, in_full=context["in_full"]) if lease.outcome else "",
                may_manage and lease.state == LeaseState.SIGNE,
                may_manage and lease.state in LIVE and lease.state != LeaseState.SIGNE,
            )
            for lease in leases
        ],
        "may_sign": may_manage and dossier.state in SEARCHING and not any(lease.state in LIVE for lease in leases),
    }
    return render(request, "housing/dossier_tab.html", context)


@needs(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A lease was signed."""
    dossier = visible_dossier(request, pk)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        new = NewLease(LeaseKind(told["kind"]), Parc(told["parc"]), told["landlord"], told["signed_on"])
        operations.sign_lease(dossier.pk, new, by=actor(request))
        return "Le bail est inscrit. Il reste à dire quand le ménage entre dans le logement.", _tab(dossier)

    page = _page(dossier, "Inscrire un bail signé", "Inscrire le bail", "key")
    return form_page(request, SignForm(posted(request)), page, do)


@needs(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, pk: UUID, lease: UUID) -> HttpResponse:
    """The household has its keys."""
    dossier = visible_dossier(request, pk)
    found = get_object_or_404(Lease, pk=lease, dossier=dossier)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.enter_dwelling(found.pk, on=told["on"], by=actor(request))
        return "L’entrée dans le logement est inscrite.", dossier.get_absolute_url()

    text = "Le dossier deviendra « Logé »."
    page = _page(dossier, "Inscrire l’entrée dans le logement", "Inscrire l’entrée", "key", text)
    return form_page(request, EntryForm(posted(request)), page, do)


@needs(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def outcome(request: HttpRequest, pk: UUID, lease: UUID) -> HttpResponse:
    """What became of the lease: it goes on, or it has ended."""
    dossier = visible_dossier(request, pk)
    found = get_object_or_404(Lease, pk=lease, dossier=dossier)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.record_outcome(found.pk, Outcome(told["outcome"]), on=told["on"], by=actor(request))
        if found.state == LeaseState.SIGNE:
            return "Le bail a pris fin avant l’entrée. Un autre bail peut être inscrit.", _tab(dossier)
        return "Le suivi du bail est inscrit.", _tab(dossier)

    form = OutcomeForm(posted(request), possible=operations.possible_outcomes(found))
    return form_page(request, form, _outcome_page(dossier, found), do)


def _outcome_page(dossier: Dossier, lease: Lease) -> Page:
    if lease.state == LeaseState.SIGNE:
        text = (
            "Le bail a été signé et le ménage n’est pas entré dans le logement. Le bail prend fin à la date que vous "
            "écrivez, sans compter parmi les baux obtenus. Le dossier garde son étape : un autre bail peut être signé."
        )
        return _page(dossier, "Mettre fin au bail avant l’entrée", "Mettre fin au bail", "x-lg", text)
    text = (
        "Un maintien laisse le bail en cours. Toute autre issue y met fin, "
        "sans clore ni l’accompagnement ni le dossier."
    )
    return _page(dossier, "Inscrire un suivi du bail", "Inscrire le suivi", "house-heart", text)


def _page(dossier: Dossier, heading: str, action: str, icon: str, text: str = "") -> Page:
    trail = [
        Entry("Dossiers", reverse("dossiers:list")),
        Entry(dossier.reference, dossier.get_absolute_url()),
        Entry("Logement", _tab(dossier)),
    ]
    return Page(heading, action, _tab(dossier), icon=icon, text=text, trail=trail)


def _tab(dossier: Dossier) -> str:
    return reverse("housing:dossier", args=[dossier.pk])
