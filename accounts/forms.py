"""Verifying an organisation: in our words."""

from __future__ import annotations

from django import forms

from accounts.models import OrganisationKind
from core.names import fold


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
