"""Agreements of the household: giving one, taking it back; and what is shared of health."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Organisation, OrganisationKind
from cases.dossiers import operations
from cases.dossiers.forms import AgreementForm, WithdrawalForm
from cases.dossiers.models import Agreement, Dossier, Purpose
from cases.dossiers.models.questions import WRITE_HEALTH
from cases.dossiers.operations import NewAgreement
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.views.frame import actor, visible_dossier
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import needs, post_only, refusals_to_messages

PARTNERS = (OrganisationKind.BAILLEUR, OrganisationKind.ACCOMPAGNEMENT)

EFFECTS = {
    Purpose.LANDLORDS: "Une fois retiré, ceux à qui il ouvrait la fiche de situation ne la lisent plus. Sans autre "
    "accord, le dossier ne se déclare plus prêt, ne s’inscrit plus à une séance, et ne s’y présente plus.",
    Purpose.SUPPORT: "Une fois retiré, aucun accompagnement nouveau ne s’ouvre à ceux qu’il concernait. Un "
    "accompagnement en cours continue : son équipe voit le dossier jusqu’à ce qu’il se termine.",
}


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def evaluation_agree(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Note an agreement that the household gives."""
    found = visible_dossier(request, pk)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        new = NewAgreement(Purpose(told["purpose"]), told["on"], told["partner"])
        operations.give_agreement(found.pk, new, by=actor(request))
        return "L’accord est inscrit. Le ménage peut le retirer à tout moment.", _back(found)

    partners = Organisation.objects.filter(kind__in=PARTNERS).order_by("sort_key")
    page = Page(
        heading="Noter un accord du ménage",
        action="Noter l’accord",
        icon="check2-square",
        back=_back(found),
        text="Ce que le ménage accepte que d’autres sachent de lui, et depuis quand.",
        trail=_trail(found),
    )
    return form_page(request, AgreementForm(posted(request), partners=partners), page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def evaluation_withdraw(request: HttpRequest, pk: UUID, agreement: UUID) -> HttpResponse:
    """The household takes an agreement back."""
    found = visible_dossier(request, pk)
    given = get_object_or_404(Agreement, pk=agreement, dossier=found)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.withdraw_agreement(given.pk, on=told["on"], by=actor(request))
        return "L’accord est retiré.", _back(found)

    page = Page(
        heading="Retirer un accord",
        action="Retirer l’accord",
        back=_back(found),
        text=f"Accord pour {given.get_purpose_display()}. {EFFECTS[Purpose(given.purpose)]}",
        trail=_trail(found),
    )
    return form_page(request, WithdrawalForm(posted(request)), page, do)


@needs(WRITE_HEALTH)
@post_only
@refusals_to_messages
def evaluation_unshare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The person no longer agrees that the social worker reads of her health."""
    found = visible_dossier(request, pk)
    operations.stop_sharing_health(found.pk, by=actor(request))
    messages.success(request, "Plus rien n’est partagé : le travailleur social ne lit plus ces réponses.")
    return redirect("dossiers:evaluation_health", found.pk)


def _back(dossier: Dossier) -> str:
    return reverse("dossiers:evaluation", args=[dossier.pk])


def _trail(dossier: Dossier) -> list[Entry]:
    return [Entry("Dossiers", reverse("dossiers:list")), Entry(dossier.reference, dossier.get_absolute_url())]
