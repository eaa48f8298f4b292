"""The forms of the door and of one's account, in our words; what they check is allauth's and Django's."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.adapter import get_adapter
from allauth.account.forms import ReauthenticateForm
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.base import forms as factors
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.signin.operations import NOBODY, ask_reset, note_refusal

ONCE = 120  # seconds: longer than a code is accepted, so that one seen over a shoulder does not serve again
LONGEST = 200  # a passphrase, not a book to hash
NEW_PASSWORD = "Douze caractères au moins. Quatre ou cinq mots sans rapport entre eux font un bon mot de passe."  # noqa: S105


class SignInForm(AuthenticationForm):
    """E-mail and password. A wrong pair and a suspended account get the same answer."""

    error_messages: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "invalid_login": "L’adresse ou le mot de passe ne convient pas.",
        "inactive": "L’adresse ou le mot de passe ne convient pas.",
    }

    username = forms.CharField(
        label="Adresse électronique",
        max_length=254,
        error_messages={
            "required": "Écrivez votre adresse, par exemple prenom.nom@organisation.fr.",
            "max_length": "Cette adresse est trop longue.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "username webauthn", "autofocus": True}),
    )
    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        max_length=LONGEST,
        error_messages={"required": "Écrivez votre mot de passe.", "max_length": "Ce mot de passe est trop long."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_username(self) -> str:
        """Addresses are kept in lower case."""
        return str(self.cleaned_data["username"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        """Ask allauth, which counts the attempts of this machine and of this address, known or not."""
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email is None or not password:
            return self.cleaned_data
        try:
            user = get_adapter().authenticate(self.request, email=email, password=password)
        except ValidationError as refusal:
            note_refusal("too_many")
            raise refusal from None
        if user is None:
            note_refusal()
            raise self.get_invalid_login_error()
        self.user_cache = user
        return self.cleaned_data

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """On to the stages that follow: none, or the second factor. The address is not written in the session."""
        user = self.get_user()
        record_authentication(request, user, method="password")
        answer: HttpResponse = perform_login(request, Login(user=user, redirect_url=redirect_url))
        return answer


def _code(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=20,
        error_messages={"required": "Écrivez le code.", "max_length": "Ce code est trop long."},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}),
    )


class _Code(factors.BaseAuthenticateForm):
    """A code of the application or of the list, which serves once."""

    code = _code("Code à six chiffres, ou code de secours")

    def clean_code(self) -> str:
        """Refused, it is told to the journal: the password was right."""
        try:
            code: str = super().clean_code()
            if self.authenticator.type == Authenticator.Type.TOTP:
                spend(self.user, code)
        except ValidationError:
            note_refusal("factor", target=self.user.pk)
            raise
        return code


class CodeForm(_Code, factors.AuthenticateForm):
    """At the door."""


class CodeAgainForm(_Code, factors.ReauthenticateForm):
    """Before a sensitive act."""


class ApplicationForm(ActivateTOTPForm):
    """The first code of an application that is being enrolled."""

    code = _code("Code que l’application affiche")

    def clean_code(self) -> str:
        code: str = super().clean_code()
        spend(self.user, code)
        return code


class _Passkey(AuthenticateWebAuthnForm):
    """What a passkey has signed. Hostile JSON is a wrong code, whatever it breaks in the reading."""

    def clean_credential(self) -> Authenticator:
        try:
            found: Authenticator = super().clean_credential()
        except ValidationError:
            note_refusal("passkey", target=self.user.pk if self.user else NOBODY)
            raise
        except (AttributeError, KeyError, TypeError, ValueError):
            raise get_factor_adapter().validation_error("incorrect_code") from None
        return found


class PasskeyForm(_Passkey):
    """As second factor, at the door."""


class PasskeySignInForm(_Passkey, LoginWebAuthnForm):
    """Alone, at the door."""


class PasskeyAgainForm(_Passkey, ReauthenticateWebAuthnForm):
    """Before a sensitive act."""


class AddPasskeyForm(AddWebAuthnForm):
    """A passkey is always a discoverable one, opened by a finger, a face or a PIN: it signs in by itself."""

    name = forms.CharField(
        label="Nom de cette clé",
        required=False,
        max_length=60,
        help_text="Pour la reconnaître, par exemple « Mon téléphone ».",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    passwordless = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_passwordless(self) -> bool:
        return True

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except (AttributeError, KeyError, TypeError, ValueError) as broken:
            if isinstance(broken, ValidationError):
                raise
            raise get_factor_adapter().validation_error("incorrect_code") from None
        return cleaned


class PasswordAgainForm(ReauthenticateForm):
    """The password, before a sensitive act."""

    password = forms.CharField(
        label="Votre mot de passe",
        strip=False,
        max_length=LONGEST,
        error_messages={"required": "Écrivez votre mot de passe.", "max_length": "Ce mot de passe est trop long."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def clean_password(self) -> str:
        try:
            password: str = super().clean_password()
        except ValidationError:
            note_refusal("password", target=self.user.pk)
            raise
        return password


class AddressForm(forms.Form):
    """Where the link to a new password goes."""

    email = forms.EmailField(
        label="Adresse électronique",
        max_length=254,
        error_messages={
            "required": "Écrivez votre adresse, par exemple prenom.nom@organisation.fr.",
            "invalid": "Écrivez une adresse complète, par exemple prenom.nom@organisation.fr.",
            "max_length": "Cette adresse est trop longue.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def save(self, request: HttpRequest) -> None:
        """What allauth's page calls."""
        ask_reset(self.cleaned_data["email"])


class NewPasswordForm(forms.Form):
    """A password chosen twice, that is hard to guess."""

    password1 = forms.CharField(
        label="Nouveau mot de passe",
        strip=False,
        max_length=LONGEST,
        help_text=NEW_PASSWORD,
        error_messages={"required": "Choisissez un mot de passe.", "max_length": "200 caractères au plus."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label="Le même, une seconde fois",
        strip=False,
        error_messages={"required": "Écrivez-le une seconde fois."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, temp_key: str = "", **options: Any) -> None:
        self.user, self.temp_key = user, temp_key
        super().__init__(*args, **options)

    def clean_password1(self) -> str:
        password = str(self.cleaned_data["password1"])
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        first, second = self.cleaned_data.get("password1"), self.cleaned_data.get("password2")
        if first and second and first != second:
            self.add_error("password2", "Les deux mots de passe ne sont pas les mêmes.")
        return self.cleaned_data


def spend(user: User, code: str) -> None:
    """Use up a code of an application. Raises `ValidationError` when it has served already."""
    if not cache.add(f"seuil.code:{user.pk}:{normalize_user_code(code)}", "1", ONCE):
        raise get_factor_adapter().validation_error("incorrect_code")
