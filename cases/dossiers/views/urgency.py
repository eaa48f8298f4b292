"""Opening a dossier in an emergency; and the DPO's list of those who did."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Membership
from accounts.proof import recently_proved
from audit.reading import opened
from cases.dossiers import operations
from cases.dossiers.forms import UrgencyForm
from cases.dossiers.models import UrgentOpening
from cases.dossiers.operations import Emergency
from cases.dossiers.operations.acts import VIEW
from cases.dossiers.operations.urgency import EXAMINE
from cases.dossiers.views.frame import actor
from core.components import Entry
from core.errors import OperationRefused
from core.forms import Page, form_page, posted
from core.http import needs, post_only, refusals_to_messages

PER_PAGE = 25
NONE_SUCH = "Aucun dossier ne s’ouvre avec cette référence. Vérifiez-la, ou appelez le SIAO."


@needs(VIEW)
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def ask_urgency(request: HttpRequest) -> HttpResponse:
    """The reference and the reason; what does not exist and what may not be opened so answer alike."""

    def do(told: dict[str, Any]) -> tuple[str, str]:
        found = operations.open_urgently(Emergency(told["reference"], told["reason"], told["note"]), by=actor(request))
        if found is None:
            raise OperationRefused(NONE_SUCH)
        return "Ce dossier vous est ouvert.", found.get_absolute_url()

    page = Page(
        heading="Ouvrir un dossier en urgence",
        action="Ouvrir pour quatre heures",
        icon="exclamation-triangle",
        back=reverse("dossiers:list"),
        text="Pour un dossier qui ne vous est pas ouvert et qui ne peut pas attendre. Vous le verrez quatre heures. "
        "Le délégué à la protection des données, la personne responsable des accès dans votre organisation (à défaut, "
        "l’administrateur technique) et le SIAO sont prévenus aussitôt, et chaque essai est inscrit au journal.",
        trail=[Entry("Dossiers", reverse("dossiers:list"))],
    )
    return form_page(request, UrgencyForm(posted(request)), page, do)


@needs(EXAMINE)
@require_safe
def urgencies(request: HttpRequest) -> HttpResponse:
    """Every opening, those to examine first."""
    held = Membership.objects.live().filter(user=OuterRef("opened_by")).order_by("valid_from")
    found = UrgentOpening.objects.select_related("opened_by", "examined_by")
    found = found.annotate(body=Subquery(held.values("organisation__name")[:1]))
    page = Paginator(found.order_by(F("examined_at").asc(nulls_first=True), "-opened_at"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    rows = list(page.object_list)
    for row in rows:
        opened("urgency.opened", target=row.pk, dossier=row.dossier_id)
    return render(request, "dossiers/urgencies.html", {"page": page, "rows": rows})


@needs(EXAMINE)
@post_only
@refusals_to_messages
def examine_urgency(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The DPO has looked at it."""
    found = get_object_or_404(UrgentOpening, pk=pk)
    operations.examine(found.pk, by=actor(request))
    messages.success(request, f"L’ouverture de {found.reference} est examinée.")
    return redirect("urgency:list")
