"""« C’est bien vous ? » : the proof that a sensitive act asks for, by password, by code or by passkey."""

from __future__ import annotations

from json import dumps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.webauthn import views as passkeys
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.proof import ENROL, PROVE
from accounts.signin.forms import CodeAgainForm, PasskeyAgainForm, PasswordAgainForm

WORDS = {
    "reauthenticate": "Donner mon mot de passe",
    "mfa_reauthenticate": "Donner un code",
    "mfa_reauthenticate:webauthn": "Me servir de ma clé d’accès",
}


class _Proving(account.BaseReauthenticateView):
    """One way among those that the person has. What was asked for is reached afterwards."""

    permission = ""
    template_name = "accounts/prouver.html"

    def get_reauthentication_alternatives(self) -> list[dict[str, str]]:
        """The other ways, in our words."""
        others: list[dict[str, str]] = super().get_reauthentication_alternatives()
        return [other | {"label": WORDS[other["id"]]} for other in others]


class ByPassword(_Proving, account.ReauthenticateView):
    before_factor = ENROL
    form_class = PasswordAgainForm


class ByCode(_Proving, factors.ReauthenticateView):
    before_factor = PROVE
    form_class = CodeAgainForm


class ByPasskey(_Proving, passkeys.ReauthenticateWebAuthnView):
    before_factor = PROVE
    form_class = PasskeyAgainForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The question to sign."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"options": dumps(context["js_data"]["request_options"])}

    def form_invalid(self, form: Form) -> HttpResponse:
        messages.error(self.request, "Cette clé d’accès n’est pas reconnue.")
        return redirect(self.request.get_full_path())
