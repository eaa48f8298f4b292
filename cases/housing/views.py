"""The « Logement » tab of a dossier."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.dossiers.views import dossier_context, outcome_words, visible_dossier
from cases.housing.models import ENDED, Lease
from core.http import needs


@needs("dossiers.view_dossier")
@require_safe
def dossier_tab(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The leases of the household in this situation, the last one first."""
    dossier = visible_dossier(request, pk)
    leases = Lease.objects.filter(dossier=dossier).select_related("landlord").order_by("-created_at")
    context = dossier_context(request, dossier, "housing")
    context["leases"] = [
        (
            lease,
            "fin" if lease.state in ENDED else "logement",
            outcome_words(lease.outcome, in_full=context["in_full"]) if lease.outcome else "",
        )
        for lease in leases
    ]
    return render(request, "housing/dossier_tab.html", context)
