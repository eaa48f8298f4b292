"""What we tell django-allauth: its words are ours, its mails are none, its secrets go through the vault."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.proof import proved_recently
from accounts.signin import dormancy, operations
from vault import texts

INVALID = "L’adresse ou le mot de passe ne convient pas."
TOO_MANY = "Trop d’essais ont échoué. Attendez un quart d’heure, ou renouvelez votre mot de passe."
WRONG_CODE = "Ce code ne convient pas. Prenez celui que l’application affiche maintenant, ou un code de secours."
DORMANT = (
    "Ce compte n’a pas servi depuis six mois : il est suspendu. Un courriel vient de partir vers votre adresse, avec "
    "un lien pour le rouvrir."
)


class AccountAdapter(DefaultAccountAdapter):
    """Named by ACCOUNT_ADAPTER."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_password": "Ce mot de passe ne convient pas.",
        "invalid_password_reset": "Ce lien ne sert plus.",
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    def add_message(
        self, request: HttpRequest, level: int, *args: Any, message: str | None = None, **rest: Any
    ) -> None:
        """Its errors are shown, its own sentences are not: our pages say what was done."""
        if message:
            messages.add_message(request, level, message)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """An account is made on invitation."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """This site only: no other machine, were it also ours."""
        request: HttpRequest = self.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())

    def is_reauthentication_required(self, *, app: str, **rest: Any) -> bool:
        """As for every sensitive act: five minutes, sign-in included."""
        return not proved_recently(self.request)

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **rest: Any) -> HttpResponse | None:
        """Before any stage: who is dormant comes back by her mail."""
        assert isinstance(user, User)  # noqa: S101  AUTH_USER_MODEL
        if user.is_active and dormancy.is_dormant(user) and not dormancy.has_come_back(request, user):
            clear_login(request)
            dormancy.send_link(user)
            messages.warning(request, DORMANT)
            return redirect("accounts:sign_in")
        refused: HttpResponse | None = super().pre_login(request, user, **rest)
        return refused

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        """A passkey of a suspended account: the answer of a wrong password."""
        operations.note_refusal("suspended", target=user.pk)
        messages.error(request, INVALID)
        return redirect("accounts:sign_in")

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Every stage is passed: the session changes its key, and the journal is told."""
        assert isinstance(user, User)  # noqa: S101  AUTH_USER_MODEL
        super().login(request, user)
        operations.begin_session(request)
        dormancy.forget_return(request)
        operations.note_sign_in(request, user)


class FactorAdapter(DefaultMFAAdapter):
    """Named by MFA_ADAPTER."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": WRONG_CODE,
    }

    def encrypt(self, text: str) -> str:
        """Sealed by a key of the keystore (ADR 0018)."""
        return texts.seal(text, "factor")

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again. Raises the vault's errors."""
        return texts.unseal(encrypted_text, "factor")

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:  # noqa: A002  allauth's name
        """For who gives none."""
        return f"Clé d’accès {Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey is bound to the name of the machine under which Seuil is served."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Seuil"}
