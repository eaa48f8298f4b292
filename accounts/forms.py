"""Signing in, and verifying an organisation: in our words."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from accounts.models import OrganisationKind
from core.names import fold


class SignInForm(AuthenticationForm):
    """E-mail and password. A wrong pair and a suspended account get the same answer."""

    error_messages: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "invalid_login": "L’adresse ou le mot de passe ne convient pas.",
        "inactive": "L’adresse ou le mot de passe ne convient pas.",
    }

    username = forms.CharField(
        label="Adresse électronique",
        max_length=254,
        error_messages={"required": "Écrivez votre adresse, par exemple prenom.nom@organisation.fr."},
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        error_messages={"required": "Écrivez votre mot de passe."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_username(self) -> str:
        """Addresses are kept in lower case."""
        return str(self.cleaned_data["username"]).strip().lower()


class OrganisationForm(forms.Form):
    """The right name and nature of an organisation. The SIAO is not one of them: there is a single one."""

    name = forms.CharField(
        label="Nom",
        max_length=200,
        help_text="Celui que l’organisation se donne. L’ancien reste reconnu dans les registres.",
        error_messages={
            "required": "Écrivez le nom de l’organisation.",
            "max_length": "Raccourcissez ce nom : 200 caractères au plus.",
        },
    )
    kind = forms.ChoiceField(
        label="Nature",
        choices=[
            (kind.value, str(kind.label)[:1].upper() + str(kind.label)[1:])
            for kind in OrganisationKind
            if kind != OrganisationKind.SIAO
        ],
        error_messages={"required": "Choisissez une nature.", "invalid_choice": "Prenez une nature de la liste."},
    )

    def clean_name(self) -> str:
        """A name has letters or figures: punctuation alone would be nobody's."""
        name = " ".join(str(self.cleaned_data["name"]).split())
        if not fold(name):
            raise forms.ValidationError("Écrivez un nom en lettres.")
        return name
