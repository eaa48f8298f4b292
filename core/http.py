"""Small helpers of the views."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

from django.apps import apps
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_fsm import TransitionNotAllowed
from psycopg.errors import CheckViolation
from psycopg.errors import IntegrityError as PostgresIntegrityError

from core.errors import OperationRefused

View = Callable[..., HttpResponseBase]
AnyView = TypeVar("AnyView", bound=Callable[..., Any])


def needs(permission: str) -> Callable[[View], View]:
    """The view asks for a permission of one's role; without it, the page does not exist."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
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
    """The view answers a program: what watches the instance, or an agenda that has its own address. No session is read
    and nobody acts: it asks the database by itself, as whom it says, and names no person."""
    view.permission = ""  # type: ignore[attr-defined]
    view.for_machines = True  # type: ignore[attr-defined]
    return login_not_required(view)


def post_only(view: View) -> View:
    """Acts are posted. A GET at such an address (a reload, the return from signing in again) goes home, with no act."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
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
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
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
    """The sentence of the trigger or of the constraint that refused; empty when neither is ours, or it says none.

    A trigger of ours is a check violation that names no constraint; a constraint's sentence is on its model.
    """
    cause = error.__cause__
    if not isinstance(cause, PostgresIntegrityError):
        return ""
    if cause.diag.constraint_name:
        return _sentences().get(cause.diag.constraint_name, "")
    return str(cause.diag.message_primary or "") if isinstance(cause, CheckViolation) else ""


def name_of(error: IntegrityError) -> str:
    """The name of the constraint that refused, a code for the journal; empty when PostgreSQL names none."""
    cause = error.__cause__
    return str(cause.diag.constraint_name or "") if isinstance(cause, PostgresIntegrityError) else ""


@cache
def _sentences() -> dict[str, str]:
    """What each constraint of the models says when it is broken, by its name; a plain one says nothing."""
    return {
        each.name: str(each.violation_error_message)
        for model in apps.get_models()
        for each in model._meta.constraints
        if each.violation_error_message != each.default_violation_error_message
    }
