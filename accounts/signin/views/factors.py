"""One's second factors: to enrol an application or a passkey, to withdraw one, the recovery codes."""

from __future__ import annotations

from json import dumps, loads
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.flows import generate_recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.proof import ENROL, factors_of, note_factor, recently_proved
from accounts.signin import operations
from accounts.signin.forms import AddPasskeyForm, ApplicationForm
from core.forms import Page, form_page, posted
from core.http import for_everyone, post_only

TOTP, WEBAUTHN = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN
DISCOVERABLE = {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"}
CODES = Authenticator.Type.RECOVERY_CODES


@for_everyone
@require_safe
def protect(request: HttpRequest) -> HttpResponse:
    """« Protéger votre compte » : what a newcomer meets first."""
    user = _person(request)
    return render(request, "accounts/proteger.html", {"has_one": bool(factors_of(user))})


protect.before_factor = ENROL  # type: ignore[attr-defined]


@method_decorator(recently_proved, name="dispatch")
class AddApplication(totp.ActivateTOTPView):
    """An application that shows codes: its secret as a picture and in letters, then a first code."""

    permission = ""
    before_factor = ENROL
    template_name = "accounts/application.html"
    form_class = ApplicationForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret: str = context["form"].secret
        groups = [secret[place : place + 4] for place in range(0, len(secret), 4)]
        return context | {"picture": _drawn(context["totp_svg"]), "groups": groups}

    def form_valid(self, form: Form) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        return _enrolled(self.request, TOTP, answer)

    def get_success_url(self) -> str:
        return reverse("mfa_view_recovery_codes" if self.did_generate_recovery_codes else "accounts:me")


@method_decorator(recently_proved, name="dispatch")
class AddPasskey(passkeys.AddWebAuthnView):
    """A passkey: the device makes it, its public half comes here."""

    permission = ""
    before_factor = ENROL
    template_name = "accounts/cle.html"
    form_class = AddPasskeyForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """As allauth's, but that the passkey must be able to sign in alone."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        options = loads(dumps(context["js_data"]["creation_options"]))
        options["publicKey"]["authenticatorSelection"] |= DISCOVERABLE
        return context | {"options": dumps(options)}

    def form_valid(self, form: Form) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        return _enrolled(self.request, WEBAUTHN, answer)

    def get_success_url(self) -> str:
        return reverse("mfa_view_recovery_codes" if self.did_generate_recovery_codes else "accounts:me")


@for_everyone
@recently_proved
def remove_factor(request: HttpRequest, factor: int) -> HttpResponse:
    """Withdraw an application or a passkey, but the last one."""
    user = _person(request)
    found = Authenticator.objects.filter(user=user, pk=factor, type__in=(TOTP, WEBAUTHN)).first()
    if found is None:
        raise Http404
    name = "l’application" if found.type == TOTP else f"la clé « {found.wrap().name} »"
    page = Page(
        heading="Retirer un second facteur",
        lead=f"Vous allez retirer {name}.",
        text="Elle ne servira plus à entrer. Votre autre second facteur et vos codes de secours restent.",
        action="Retirer ce second facteur",
        back=reverse("accounts:me"),
    )

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.remove_factor(user, found.pk)
        return f"{name[:1].upper()}{name[1:]} est retirée.", page.back

    return form_page(request, Form(posted(request)), page, do)


@for_everyone
@never_cache
@require_safe
@recently_proved
def see_codes(request: HttpRequest) -> HttpResponse:
    """The recovery codes that have not served, to be put away. A page that is asked for reads them, and only reads."""
    found = Authenticator.objects.filter(user=_person(request), type=CODES).first()
    unused = found.wrap().get_unused_codes() if found else []
    return render(request, "accounts/codes.html", {"codes": [f"{code[:4]} {code[4:]}" for code in unused]})


@for_everyone
@post_only
@recently_proved
def renew_codes(request: HttpRequest) -> HttpResponse:
    """Ten new codes; the former ones are worth nothing."""
    user = _person(request)
    if not factors_of(user):
        raise Http404
    generate_recovery_codes(request)
    operations.note_factor_change("added", user, CODES)
    messages.success(request, "Voici vos nouveaux codes. Les anciens ne servent plus.")
    return redirect("mfa_view_recovery_codes")


def _enrolled(request: HttpRequest, kind: str, answer: HttpResponse) -> HttpResponse:
    """The factor was shown by being enrolled: the session has its second factor."""
    user = _person(request)
    note_factor(request, user, kind)
    operations.note_factor_change("added", user, kind)
    messages.success(request, "Votre second facteur est en place.")
    return answer


def _drawn(svg: str) -> SafeString:
    """The picture of the secret, in the page itself: no address, no inline style, named for who does not see it."""
    _, _, drawing = svg.partition("<svg ")
    named = f'<svg class="qr" role="img" aria-label="Code à photographier avec l’application" {drawing}'
    return mark_safe(named)  # noqa: S308  made by the library from the secret, base 32


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  the default-deny middleware let in signed-in people alone
    return request.user
