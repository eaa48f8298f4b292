"""Doing an act: at once when it asks nothing, else on its own page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_fsm import TransitionNotAllowed

from accounts.models import User
from cases.dossiers import operations
from cases.dossiers.forms import ActForm
from cases.dossiers.models import Dossier, Hold, State
from cases.dossiers.operations import ACTS, Possible, possible_acts
from cases.dossiers.operations.acts import INSTRUCT, VIEW
from cases.dossiers.views.frame import dossier_context, visible_dossier
from core.components import Entry
from core.errors import OperationRefused
from core.http import needs, post_only, refusals_to_messages
from core.workflow import next_moves

# the verb of each act; a verb may serve several moves
VERBS: dict[str, Callable[..., Dossier]] = {
    name: getattr(operations, name)
    for name in ACTS
    if name not in {"decline_after_adjournment", "rehouse_from_follow_up", "present", "admit", "house"}
} | {"decline_after_adjournment": operations.decline, "rehouse_from_follow_up": operations.rehouse}


@needs(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: UUID, name: str) -> HttpResponse:
    """What an act asks and what will follow (GET), then the act (POST); a wrong answer loses nothing."""
    found = visible_dossier(request, pk)
    _require_right(request, name)
    possible = _possible(request, found, name)
    if possible is None:
        return _changed(request, found)
    closing_despite = name == "close" and bool(possible.missing)
    told = request.POST if request.method == "POST" else None
    form = ActForm(told, act=possible.act, name=name, despite=closing_despite)
    if told is not None and form.is_valid() and not _is_rather_an_ending(request, possible, form):
        try:
            return _do(request, found, possible, form.cleaned_data)
        except OperationRefused as refusal:
            if not possible.act.asks:  # asked from the dossier’s page: the sentence is said there
                messages.error(request, str(refusal))
                return redirect(found)
            form.add_error(None, str(refusal))
        except TransitionNotAllowed:
            return _changed(request, found)
    return _act_page(request, found, possible, form)


@needs(INSTRUCT)
@post_only
@refusals_to_messages
def take(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Become the referent of a dossier that nobody follows."""
    found = visible_dossier(request, pk)
    assert isinstance(request.user, User)  # noqa: S101  `needs` let in signed-in people alone
    operations.take(found.pk, by=request.user)
    messages.success(request, "Vous suivez maintenant ce dossier.")
    return redirect(found)


def _require_right(request: HttpRequest, name: str) -> None:
    """An act that does not exist, or that the role does not do, has no page."""
    if name not in VERBS or not request.user.has_perm(ACTS[name].permission):
        raise Http404


def _possible(request: HttpRequest, dossier: Dossier, name: str) -> Possible | None:
    """The act, if the dossier’s present state allows it."""
    assert isinstance(request.user, User)  # noqa: S101  `needs` let in signed-in people alone
    open_now = possible_acts(dossier, user=request.user, today=timezone.localdate())
    return next((possible for possible in open_now if possible.name == name), None)


def _changed(request: HttpRequest, dossier: Dossier) -> HttpResponse:
    """Somebody acted meanwhile (or the same person twice): back to the dossier as it is now."""
    messages.warning(request, "Ce dossier a changé depuis : voici où il en est. Rien n’a été fait de plus.")
    return redirect(dossier)


def _is_rather_an_ending(request: HttpRequest, possible: Possible, form: ActForm) -> bool:
    """A motive that says that all has ended is not a reason to wait: one is asked, once, and may go on."""
    if possible.name != "adjourn" or not form.is_bound or not form.is_valid() or "malgre_tout" in request.POST:
        return False
    return form.cleaned_data["motive"] in operations.IN_FACT_ENDED


def _act_page(request: HttpRequest, dossier: Dossier, possible: Possible, form: ActForm) -> HttpResponse:
    context = dossier_context(request, dossier, "")
    target = next(move.target for move in next_moves(dossier) if move.name == possible.name)
    context |= {
        "possible": possible,
        "consequences": operations.consequences(dossier, possible.name),
        "is_rather_an_ending": _is_rather_an_ending(request, possible, form),
        "instead": reverse("dossiers:act", args=[dossier.pk, "decline"]),
        "form": form,
        "target": State(target),
        "is_closing": possible.name == "close",
        "holds": Hold.objects.filter(dossier=dossier, released_at=None).order_by("code", "placed_at"),
        "trail": [*context["above"], Entry(dossier.reference, dossier.get_absolute_url())],
    }
    return render(request, "dossiers/act.html", context, status=422 if form.errors else 200)


def _do(request: HttpRequest, dossier: Dossier, possible: Possible, told: dict[str, Any]) -> HttpResponse:
    done = VERBS[possible.name](dossier.pk, by=request.user, on=timezone.localdate(), **told)
    messages.success(request, f"C’est fait : le dossier est « {State(done.state).label} ».")
    return redirect(dossier)
