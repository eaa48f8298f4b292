"""Small helpers of the views."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_fsm import TransitionNotAllowed
from psycopg.errors import CheckViolation

from core.errors import OperationRefused

View = Callable[..., HttpResponse]
AnyView = TypeVar("AnyView", bound=Callable[..., Any])


def needs(permission: str) -> Callable[[View], View]:
    """The view asks for a permission of one's role; without it, the page does not exist."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise Http404
            return view(request, *args, **kwargs)

        wrapped.permission = permission  # type: ignore[attr-defined]
        return wrapped

    return decorate


def for_everyone(view: View) -> View:
    """The view is open to whoever has signed in, whatever the role: said, so that none is forgotten."""
    view.permission = ""  # type: ignore[attr-defined]
    return view


def for_machines(view: AnyView) -> AnyView:
    """The view answers whatever watches the instance: no account, no session, nobody acts. It shows nothing of a person
    and asks the database by itself, so that it can tell that the database is away."""
    view.permission = ""  # type: ignore[attr-defined]
    view.for_machines = True  # type: ignore[attr-defined]
    return login_not_required(view)


def post_only(view: View) -> View:
    """Acts are posted. A GET at such an address (a reload, the return from signing in again) goes home, with no act."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in {"GET", "HEAD"}:
            return redirect("/")
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return view(request, *args, **kwargs)

    return wrapped


CHANGED = "Ce dossier a changé, rechargez la page."


def refusals_to_messages(view: View) -> View:
    """A refused act comes back to the page one was on, with its sentence; nothing is lost."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except OperationRefused as refusal:
            messages.error(request, str(refusal))
        except TransitionNotAllowed:
            messages.error(request, CHANGED)
        except IntegrityError as error:
            messages.error(request, sentence_of(error))
        return redirect(came_from(request))

    return wrapped


def came_from(request: HttpRequest) -> str:
    """The page of our own site that the person comes from, else the home page."""
    page = request.META.get("HTTP_REFERER", "")
    safe = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if safe else "/"


def sentence_of(error: IntegrityError) -> str:
    """The French sentence of one of our rules, else a plain one: PostgreSQL's own words quote values."""
    told = rule_of(error)
    return (
        told or "L’enregistrement n’a pas abouti : une règle l’interdit. Rechargez la page et vérifiez ce qui a changé."
    )


def rule_of(error: IntegrityError) -> str:
    """The sentence of the trigger that refused; empty when it is no trigger of ours.

    A trigger of ours is a check violation that names no constraint.
    """
    cause = error.__cause__
    diagnosis = cause.diag if isinstance(cause, CheckViolation) else None
    if diagnosis is not None and diagnosis.constraint_name is None and diagnosis.message_primary:
        return str(diagnosis.message_primary)
    return ""
