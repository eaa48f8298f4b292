"""« Me le rappeler le… » on a dossier; putting off; done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from cases.dossiers import operations
from cases.dossiers.forms.reminders import LaterForm, ReminderForm
from cases.dossiers.models import Dossier, Reminder, State
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.views.frame import actor, visible_dossier
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import came_from, needs, post_only, refusals_to_messages
from core.typography import day_and_month

FORM = require_http_methods(["GET", "HEAD", "POST"])
A_WEEK = timedelta(days=7)


@needs(INSTRUCT)
@FORM
def remind(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A day and a sentence, for oneself."""
    found, today = visible_dossier(request, pk), timezone.localdate()
    if found.state == State.CLOS:
        raise Http404
    form = ReminderForm(posted(request), initial={"due_on": today + A_WEEK})

    def do(told: dict[str, Any]) -> tuple[str, str]:
        made = operations.remind(found.pk, text=told["text"], due_on=told["due_on"], by=actor(request))
        return f"Vous le retrouverez dans « À faire » le {day_and_month(made.due_on, today=today)}.", _back(found)

    page = Page(
        heading="Me le rappeler",
        action="Inscrire ce rappel",
        icon="alarm",
        back=_back(found),
        text="Le rappel paraît dans votre « À faire », et sa date sur le dossier. Le texte est chiffré comme le reste.",
        trail=_trail(found),
    )
    return form_page(request, form, page, do)


@needs(INSTRUCT)
@FORM
def put_off(request: HttpRequest, pk: UUID, reminder: UUID) -> HttpResponse:
    """Another day for the same reminder."""
    found, today = visible_dossier(request, pk), timezone.localdate()
    row = _reminder(found, reminder)
    form = LaterForm(posted(request), initial={"due_on": max(row.due_on, today) + A_WEEK})

    def do(told: dict[str, Any]) -> tuple[str, str]:
        made = operations.put_off(row.pk, until=told["due_on"], by=actor(request))
        return f"Rappel reporté au {day_and_month(made.due_on, today=today)}.", _back(found)

    page = Page(
        heading="Reporter un rappel",
        action="Reporter",
        icon="alarm",
        back=_back(found),
        lead=f"« {row.text} »",
        trail=_trail(found),
    )
    return form_page(request, form, page, do)


@needs(INSTRUCT)
@post_only
@refusals_to_messages
def finish(request: HttpRequest, pk: UUID, reminder: UUID) -> HttpResponse:
    """What was to be remembered is done."""
    found = visible_dossier(request, pk)
    operations.finish_reminder(_reminder(found, reminder).pk, by=actor(request))
    messages.success(request, "C’est fait : ce rappel ne paraîtra plus.")
    return redirect(came_from(request))


def _reminder(dossier: Dossier, pk: UUID) -> Reminder:
    return get_object_or_404(Reminder.objects.waiting(), dossier=dossier, pk=pk)


def _back(dossier: Dossier) -> str:
    return dossier.get_absolute_url()


def _trail(dossier: Dossier) -> list[Entry]:
    return [Entry("Dossiers", reverse("dossiers:list")), Entry(dossier.reference, _back(dossier))]
