"""What the person in front of the screen has proved in this session, and when.

Sign-in and each later proof leave a record in the session (allauth's); it goes with the session.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import User
from core.http import came_from

FRESH = 5 * 60.0  # seconds
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
FIRST_PROVE = "Avant cela, montrez que c’est bien vous. Vous pourrez ensuite recommencer."
# `before_factor` of a view: who may open it before a second factor was shown in the session; nobody when absent
ENROL = frozenset({"enrol"})  # who has none yet: to enrol one
PROVE = frozenset({"prove"})  # who has one: to show it
AnyView = TypeVar("AnyView", bound=Callable[..., Any])


def factors_of(user: User) -> set[str]:
    """What the person has enrolled: a passkey, an application, or none. Recovery codes alone are not a factor."""
    return set(Authenticator.objects.filter(user=user, type__in=FACTORS).values_list("type", flat=True))


def used_second_factor(request: HttpRequest) -> bool:
    """The person has shown a second factor in this session."""
    return any(record.get("method") == "mfa" for record in _records(request))


def proved_recently(request: HttpRequest) -> bool:
    """The person has given her password or a factor less than five minutes ago, at sign-in or since."""
    return any(0 <= time.time() - record["at"] < FRESH for record in _records(request))


def note_factor(request: HttpRequest, user: User, kind: str) -> None:
    """The person has just shown a factor, otherwise than by allauth's own pages (by enrolling it)."""
    record_authentication(request, user, "mfa", type=kind)


def recently_proved(view: AnyView) -> AnyView:
    """A sensitive act: who has not proved her presence for five minutes does so first.

    A page that was asked for is reached afterwards. What was posted is not kept: the person comes back to the page
    where she was, and does it again.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if proved_recently(request):
            return view(request, *args, **kwargs)
        asked = request.method in {"GET", "HEAD"}
        if not asked:
            messages.warning(request, FIRST_PROVE)
        return ask_proof(request.get_full_path() if asked else came_from(request))

    wrapped.asks_proof = True  # type: ignore[attr-defined]
    return cast(AnyView, wrapped)


def ask_proof(back: str) -> HttpResponse:
    """To the page of the proof, and back."""
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back}, safe='/')}")


def _records(request: HttpRequest) -> list[dict[str, Any]]:
    user = request.user
    found: list[dict[str, Any]] = get_authentication_records(request, user) if isinstance(user, User) else []
    return found
