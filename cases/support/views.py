"""The « Accompagnement » tab of a dossier."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cases.dossiers.views import dossier_context, visible_dossier
from cases.support.models import Measure
from core.http import needs


@needs("dossiers.view_dossier")
@require_safe
def dossier_tab(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The support measures of the household in this situation, the last one first."""
    dossier = visible_dossier(request, pk)
    measures = Measure.objects.filter(dossier=dossier).select_related("operator").order_by("-created_at")
    live = set(Measure.objects.live().filter(dossier=dossier).values_list("pk", flat=True))
    shown = [(measure, "logement" if measure.pk in live else "fin") for measure in measures]
    context = {**dossier_context(request, dossier, "support"), "measures": shown}
    return render(request, "support/dossier_tab.html", context)
