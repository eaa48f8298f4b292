"""Default-deny: whoever has not signed in is led to the door, then to the second factor."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.backends import memberships_of
from accounts.models import Session, User
from accounts.proof import ENROL, PROVE, factors_of, used_second_factor
from accounts.signin.operations import follow_session
from audit.refusals import refused

WELL_FORMED = re.compile(r"[a-z0-9]{32}")  # as Django makes them


class signed_in_only(LoginRequiredMiddleware):  # noqa: N801  a middleware is named as the function it stands for
    """Django's, which reads the session before it looks at the view: what answers machines must do without one."""

    def process_view(self, request: HttpRequest, view_func: Any, *arguments: Any) -> HttpResponseBase | None:
        """Let pass a view for machines (`core.http.for_machines`), else Django decides."""
        if getattr(view_func, "for_machines", False):
            return None
        if not request.user.is_authenticated:
            _note_a_cookie_that_opens_nothing(request)
        answer = super().process_view(request, view_func, *arguments)
        _keep_writing(request, view_func, answer)
        return answer


class second_factor_only:  # noqa: N801
    """Follows the session, and lets in who has shown a second factor in it (ADR 0018).

    Who has none may only enrol one, or leave; who has one and has not shown it here may only show it, or leave. Off
    when SECOND_FACTOR_REQUIRED is: the demonstration, and tests that are not about it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *arguments: Any) -> HttpResponseBase | None:
        """None lets pass."""
        if getattr(view, "for_machines", False) or not isinstance(request.user, User):
            return None
        if getattr(view, "permission", "") and not memberships_of(request.user):
            refused("access.refused", why="no_organisation")
        if not follow_session(request):
            request.session.clear()  # emptied here, saved outside: a page that is read writes nothing
            request.user = AnonymousUser()
            messages.info(request, "Votre session a duré douze heures : identifiez-vous de nouveau.")
            answer = redirect(f"{reverse('accounts:sign_in')}?{_back(request, view)}")
            _keep_writing(request, view, answer)
            return answer
        open_to_visitors = not getattr(view, "login_required", True)
        if not settings.SECOND_FACTOR_REQUIRED or open_to_visitors or used_second_factor(request):
            return None
        return _to_the_factor(request, getattr(view, "view_class", view))


def _note_a_cookie_that_opens_nothing(request: HttpRequest) -> None:
    """Changed, invented, or of a session that was ended elsewhere; one that only lasted too long is no refusal."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if key is None or request.session.keys():
        return
    if not WELL_FORMED.fullmatch(key):
        refused("session.refused", why="malformed")
    elif (held := Session.objects.filter(session_key=key).first()) is None:
        refused("session.refused", why="unknown")
    elif held.expire_date > timezone.now():
        refused("session.refused", why="not_opened")


def _to_the_factor(request: HttpRequest, view: Any) -> HttpResponse | None:
    factors = factors_of(request.user)  # type: ignore[arg-type]
    allowed: frozenset[str] = getattr(view, "before_factor", frozenset())
    if allowed & (PROVE if factors else ENROL):
        return None
    if not factors:
        return redirect("accounts:protect")
    way = "mfa_reauthenticate_webauthn" if Authenticator.Type.WEBAUTHN in factors else "mfa_reauthenticate"
    return redirect(f"{reverse(way)}?{_back(request)}")


def _keep_writing(request: HttpRequest, view: Any, answer: HttpResponseBase | None) -> None:
    """Somebody was writing when her session ended: a view may keep what she sent (it says how, as `keeps_writing`)."""
    keep = getattr(view, "keeps_writing", None)
    if answer is not None and keep is not None and request.method == "POST":
        keep(request, answer)


def _back(request: HttpRequest, view: Any = None) -> str:
    comes_back = request.method == "GET" or hasattr(view, "keeps_writing")
    return urlencode({"next": request.get_full_path() if comes_back else "/"}, safe="/")
