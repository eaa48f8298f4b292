"""The door: password, second factor, passkey, forgotten password, return of a dormant account, leaving."""

from __future__ import annotations

from json import dumps
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from allauth.account import views as account
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.base import views as factors
from allauth.mfa.webauthn import views as passkeys
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import demo
from accounts.models import User
from accounts.proof import ENROL, PROVE, factors_of
from accounts.signin import dormancy, operations
from accounts.signin.devices import is_handheld
from accounts.signin.forms import (
    AddressForm,
    CodeForm,
    NewPasswordForm,
    PasskeyForm,
    PasskeySignInForm,
    SignInForm,
)
from core.http import for_everyone, post_only

SENT = (
    "Si un compte existe à cette adresse, un courriel vient de partir, avec un lien qui sert une heure. Rien reçu ? "
    "Regardez dans les indésirables, ou appelez la personne qui vous a invité."
)


class SignIn(account.LoginView):
    """Open to visitors. Each attempt is journaled, a failed one without the address."""

    permission = ""
    template_name = "accounts/connexion.html"
    form_class = SignInForm

    def get_next_url(self) -> str:
        """Where the person was going; the sign-in page itself is nowhere to go."""
        wanted: str = super().get_next_url() or ""
        return "" if urlsplit(wanted).path == self.request.path else wanted

    def get_default_success_url(self) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def get_authenticated_redirect_url(self) -> str:
        """Who is in already goes on."""
        return str(self.get_success_url())

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> None:
        """Coming back to the door from the second factor begins again, as another person if one wants."""
        clear_login(request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The demonstration shows its accounts."""
        shown = {"demo_accounts": demo.accounts()} if settings.IN_DEMO else {}
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"next": self.get_next_url(), **shown}


class SecondFactor(factors.AuthenticateView):
    """After the password: a code, or a passkey. « Rester connecté » is offered here, on a telephone."""

    permission = ""
    template_name = "accounts/second_facteur.html"
    form_class = CodeForm
    webauthn_form_class = PasskeyForm

    def form_valid(self, form: Form) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        if "rester" in self.request.POST and operations.may_be_kept(self.request):
            operations.keep_session(self.request)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        handheld = is_handheld(self.request.headers.get("User-Agent", ""))
        options = dumps(context["js_data"]["request_options"])
        return context | {"kinds": factors_of(self.stage.login.user), "handheld": handheld, "options": options}


class PasskeySignIn(passkeys.LoginWebAuthnView):
    """A passkey alone: it is two factors, the thing one has and what opens it. GET gives the question to sign."""

    permission = ""
    form_class = PasskeySignInForm

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> None:
        clear_login(request)

    def form_invalid(self, form: Form) -> HttpResponse:
        messages.error(self.request, "Cette clé d’accès n’est pas reconnue. Entrez avec votre mot de passe.")
        return redirect("accounts:sign_in")


class AskReset(account.PasswordResetView):
    """« Mot de passe oublié » : the same answer, in the same time, whoever asks for whichever address."""

    permission = ""
    template_name = "accounts/mot_de_passe_oublie.html"
    form_class = AddressForm

    def get_success_url(self) -> str:
        return reverse("accounts:sign_in")

    def form_valid(self, form: Form) -> HttpResponse:
        """allauth's limits, then our mail (`AddressForm.save`): its own leaves at once, for known addresses alone."""
        answer: HttpResponse = super().form_valid(form)
        if answer.status_code == 302:
            messages.info(self.request, SENT)
        return answer


class Reset(account.PasswordResetFromKeyView):
    """The link of the mail: a new password, then the door. Factors stay: the link alone opens nothing."""

    permission = ""
    template_name = "accounts/nouveau_mot_de_passe.html"
    form_class = NewPasswordForm

    def form_valid(self, form: Form) -> HttpResponse:
        user: User = self.reset_user
        user.set_password(form.cleaned_data["password1"])
        user.save(update_fields=["password"])
        operations.note_reset(user)
        logout(self.request)
        dormancy.come_back(self.request, user)  # whoever holds the link reads the mail of this address
        messages.success(self.request, "Votre mot de passe est changé. Entrez avec le nouveau.")
        return redirect("accounts:sign_in")


@login_not_required
@for_everyone
@require_http_methods(["GET", "HEAD", "POST"])
def come_back(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """The link that a dormant account gets. A click, not a visit: mail programs follow links by themselves."""
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None or not dormancy.RETURN_LINK.check_token(user, key):
        return render(request, "accounts/lien_perdu.html", status=404)
    if request.method == "POST":
        dormancy.come_back(request, user)
        messages.success(request, "Votre compte est rouvert. Entrez comme d’habitude.")
        return redirect("accounts:sign_in")
    return render(request, "accounts/retour.html")


@for_everyone
@post_only
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and come back to the door."""
    if isinstance(request.user, User):
        operations.note_sign_out(request.user)
    logout(request)
    return redirect("accounts:sign_in")


sign_out.before_factor = ENROL | PROVE  # type: ignore[attr-defined]
