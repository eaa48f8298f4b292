"""A household that comes back after its dossier was closed: the same episode, or another dossier."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cases.dossiers import operations
from cases.dossiers.models import State
from cases.dossiers.views.frame import actor, dossier_context, visible_dossier
from core.components import Entry
from core.errors import OperationRefused
from core.http import needs


@needs("dossiers.close_dossier")
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The choice and what it changes (GET); another dossier (POST). The same one goes on by its own act."""
    found = visible_dossier(request, pk)
    if found.state != State.CLOS:
        messages.warning(request, "Ce dossier n’est pas clos : il continue. Rien n’a été fait de plus.")
        return redirect(found)
    today = timezone.localdate()
    if request.method == "POST":
        try:
            made = operations.follow_on(found.pk, by=actor(request), on=today)
        except OperationRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("dossiers:resume", found.pk)
        messages.success(request, f"Le dossier {made.reference} est ouvert, à la suite de {found.reference}.")
        return redirect(made)
    context = {
        **dossier_context(request, found, ""),
        "is_same": operations.is_same_episode(found, today),
        "may_open": request.user.has_perm("dossiers.open_dossier"),
        "trail": [Entry("Dossiers", reverse("dossiers:list")), Entry(found.reference, found.get_absolute_url())],
    }
    return render(request, "dossiers/resume.html", context)
