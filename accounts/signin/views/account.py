"""« Mon compte » : one's factors, sessions and password."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.proof import recently_proved
from accounts.signin import operations
from accounts.signin.forms import NewPasswordForm
from core.forms import Page, form_page, posted
from core.http import for_everyone, post_only, refusals_to_messages

ALONE = 1  # session: this one


@for_everyone
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """What opens my account, and where it is open."""
    user = _person(request)
    enrolled = list(Authenticator.objects.filter(user=user).order_by("created_at", "pk"))
    codes = next((each for each in enrolled if each.type == Authenticator.Type.RECOVERY_CODES), None)
    sessions = list(operations.sessions_of(user))
    return render(
        request,
        "accounts/mon_compte.html",
        {
            "person": user,
            "application": next((each for each in enrolled if each.type == Authenticator.Type.TOTP), None),
            "passkeys": [(each, each.wrap().name) for each in enrolled if each.type == Authenticator.Type.WEBAUTHN],
            "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
            "sessions": sessions,
            "here": request.session.session_key,
            "others": len(sessions) > ALONE,
            "may_be_kept": operations.may_be_kept(request),
        },
    )


@for_everyone
@recently_proved
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Another password; the other sessions end."""
    user = _person(request)
    page = Page(
        heading="Changer mon mot de passe",
        text="Vos autres sessions se fermeront ; celle-ci reste ouverte.",
        action="Changer mon mot de passe",
        back=reverse("accounts:me"),
    )

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.change_password(request, user, told["password1"])
        return "Votre mot de passe est changé, et vos autres sessions sont fermées.", page.back

    return form_page(request, NewPasswordForm(posted(request), user=user), page, do)


@for_everyone
@post_only
@recently_proved
@refusals_to_messages
def end_session(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close one of my sessions, wherever it is open."""
    operations.end_session(pk, by=_person(request))
    messages.success(request, "La session est fermée.")
    return redirect("accounts:me")


@for_everyone
@post_only
@recently_proved
def end_others(request: HttpRequest) -> HttpResponse:
    """Close every session of mine but this one."""
    user = _person(request)
    operations.end_sessions(user, by=user, but=request.session.session_key)
    messages.success(request, "Vos autres sessions sont fermées.")
    return redirect("accounts:me")


@for_everyone
@post_only
@refusals_to_messages
def stay(request: HttpRequest) -> HttpResponse:
    """« Rester connecté sur ce téléphone. »"""
    operations.keep_session(request)
    messages.success(request, "Vous restez connecté sur ce téléphone, douze heures au plus.")
    return redirect("accounts:me")


@for_everyone
@post_only
def go_on(request: HttpRequest) -> HttpResponse:
    """« Rester connecté », from the warning of a page left open (static/session_end.js). JSON: as `Lasting`."""
    return JsonResponse(asdict(operations.go_on(request)))


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  the default-deny middleware let in signed-in people alone
    return request.user
