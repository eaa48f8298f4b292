"""A step sent by somebody whose session had just ended: kept, then offered when she comes back (ADR 0020)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, QueryDict

from accounts.models import User
from cases.dossiers.operations.kept import KEPT, Kept, forget_writing, keep_writing, kept_writing
from core.http import View

COOKIE = f"{settings.COOKIE_PREFIX}seuil_ecrit"
NOT_KEPT = {"csrfmiddlewaretoken", "aller", "garder", "repris"}


def keeps_writing(view: View) -> View:
    """What is posted to this view by somebody who is no longer signed in is kept, and offered to her afterwards."""
    view.keeps_writing = keep  # type: ignore[attr-defined]
    return view


def keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """Called at the door (`accounts.middleware`), on the answer that leads to the sign-in page."""
    fields = {name: request.POST.getlist(name) for name in request.POST if name not in NOT_KEPT}
    session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    ticket = keep_writing(session, request.path, fields) if session and fields else None
    if ticket is not None:
        response.set_cookie(
            COOKIE,
            ticket,
            max_age=KEPT,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def what_was_kept(request: HttpRequest, user: User) -> Kept | None:
    """What this person wrote at this address and could not save."""
    ticket = request.COOKIES.get(COOKIE, "")
    return kept_writing(ticket, request.path, user=user) if ticket else None


def as_posted(kept: Kept) -> QueryDict:
    """What was kept, as if it had just been sent."""
    data = QueryDict(mutable=True)
    for name, values in kept.fields.items():
        data.setlist(name, values)
    return data


def forget(request: HttpRequest, response: Any, user: User) -> None:
    """Taken up or given up: gone from the server and from the browser."""
    forget_writing(request.COOKIES.get(COOKIE, ""), user=user)
    response.delete_cookie(COOKIE, samesite="Lax")
