"""The page of a job: how far it is, how long still, and the button that stops it. Its owner's alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from core import jobs
from core.http import for_everyone, post_only
from core.models import Job, JobState
from core.typography import agree, in_words

MANY_MINUTES = 90
# how the note of the end looks
LEVELS = {JobState.DONE: "ok", JobState.STOPPED: "", JobState.FAILED: "stop"}


@for_everyone
@require_safe
def job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The page, or its moving part when the page asks for it again."""
    found = get_object_or_404(Job, pk=pk, owner_id=request.user.pk)
    part = getattr(request, "htmx", False)
    answer = render(request, "desk/job_state.html" if part else "desk/job.html", context_of(found, now=timezone.now()))
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@for_everyone
@post_only
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask the job to stop. It does at its next step, and writes nothing; one that has ended stays as it is."""
    found = get_object_or_404(Job, pk=pk, owner_id=request.user.pk)
    if not jobs.ask_stop(found.pk, by=request.user):  # type: ignore[arg-type]  # the owner is a signed-in person
        messages.info(request, "Ce travail était déjà fini.")
    return redirect("desk:job", pk)


def context_of(found: Job, *, now: datetime) -> dict[str, Any]:
    """What the templates of a job show."""
    kind = jobs.kind_of(found)
    return {
        "job": found,
        "title": kind.title,
        "detail": detail(found, kind.counted),
        "left": "" if found.stop_asked else time_left(found, now=now),
        "stop_url": "" if found.stop_asked else reverse("desk:stop_job", args=[found.pk]),
        "level": LEVELS.get(JobState(found.state), ""),
    }


def detail(found: Job, counted: str) -> str:
    """What is counted, or why nothing is yet."""
    if found.sentence:
        return found.sentence
    if found.stop_asked:
        return "Arrêt demandé…"
    if found.state == JobState.QUEUED:
        return "En file d’attente."
    words = agree(found.total, counted)
    return f"{words[:1].upper()}{words[1:]} :"


def time_left(found: Job, *, now: datetime) -> str:
    """The time left in round words, from the pace so far; nothing while there is none to tell it from."""
    if found.started_at is None or not found.done or found.done >= found.total:
        return ""
    left = (now - found.started_at) * ((found.total - found.done) / found.done)
    if left < timedelta(seconds=15):
        return "Encore quelques secondes."
    if left < timedelta(seconds=45):
        return "Encore une demi-minute environ."
    minutes = max(round(left / timedelta(minutes=1)), 1)
    if minutes <= MANY_MINUTES:
        return f"Encore {in_words(minutes, feminine=True)} {agree(minutes, 'minute')} environ."
    hours = ceil(minutes / 60)
    return f"Encore {in_words(hours, feminine=True)} {agree(hours, 'heure')} au plus."
