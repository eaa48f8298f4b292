"""What noting the renewal of a social-housing request asks."""

from __future__ import annotations

from django import forms

from core.forms import day, words


class RenewalForm(forms.Form):
    """Its date, and its number when it is known. The number is kept whatever its form."""

    on = day("Déposée ou renouvelée le", past=True, hint="La date de l’attestation, par exemple 04/05/2026.")
    number = words(
        "Numéro unique",
        required=False,
        most=40,
        hint="18 caractères, sur l’attestation. Vide, il reste comme il était.",
    )
