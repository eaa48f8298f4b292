"""« Ces personnes travaillent-elles toujours ici ? », once a quarter."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import operations
from accounts.models import Confirmation
from accounts.operations import PEOPLE
from accounts.operations.recertification import last_day_of, quarter_of
from accounts.views.frame import actor, kept_membership, trail
from core.http import needs, post_only, refusals_to_messages
from core.names import fold


@needs(PEOPLE)
@require_safe
def recertification(request: HttpRequest, organisation: UUID) -> HttpResponse:
    """The roles to confirm in one organisation, and those that were, this quarter."""
    body = get_object_or_404(operations.kept_by(actor(request)), pk=organisation)
    today = timezone.localdate()
    waiting = operations.to_confirm(body, today=today).select_related("user")
    said = Confirmation.objects.filter(membership__organisation=body, quarter=quarter_of(today))
    context = {
        "body": body,
        "waiting": sorted(waiting, key=lambda held: (not held.is_late, fold(held.user.last_name), held.role)),  # type: ignore[attr-defined]
        "said": said.select_related("membership__user", "confirmed_by").order_by("-confirmed_at", "pk"),
        "until": last_day_of(quarter_of(today)),
        "trail": trail(),
    }
    return render(request, "accounts/recertification.html", context)


@needs(PEOPLE)
@post_only
@refusals_to_messages
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """She still works there."""
    held = kept_membership(request, pk)
    operations.confirm(held.pk, by=actor(request))
    messages.success(request, f"{held.user} travaille toujours ici : c’est noté pour ce trimestre.")
    return redirect("accounts:recertification", held.organisation_id)
