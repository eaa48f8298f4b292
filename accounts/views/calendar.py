"""« Mon agenda » : the address at which one's telephone reads what is to be done, without any name."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import operations
from accounts.proof import recently_proved
from accounts.views.frame import actor
from core.components import Entry
from core.http import for_everyone, post_only, refusals_to_messages


@for_everyone
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Whether I have an address, since when, and when it was last read."""
    return _page(request)


@for_everyone
@recently_proved
@post_only
def open_calendar(request: HttpRequest) -> HttpResponse:
    """A new address, shown in this answer and never again: it is kept nowhere, so nothing leads back to it."""
    token = operations.open_calendar(by=actor(request))
    answer = _page(request, f"{settings.PUBLIC_URL}{reverse('desk:calendar', args=[token])}")
    answer["Cache-Control"] = "private, no-store"
    return answer


@for_everyone
@post_only
@refusals_to_messages
def end_calendar(request: HttpRequest) -> HttpResponse:
    """The address opens nothing any more."""
    operations.end_calendar(by=actor(request))
    messages.success(request, "L’adresse de votre agenda n’ouvre plus rien.")
    return redirect("accounts:calendar")


def _page(request: HttpRequest, address: str = "") -> HttpResponse:
    context = {
        "held": operations.calendar_address_of(actor(request)),
        "address": address,
        "trail": [Entry("Mon compte", reverse("accounts:me"))],
    }
    return render(request, "accounts/agenda.html", context)
