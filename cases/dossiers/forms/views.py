"""The name of a view that one keeps."""

from __future__ import annotations

from django import forms

from cases.dossiers.models.views import LONGEST
from core.forms import words


class ViewForm(forms.Form):
    """Its name."""

    name = words(
        "Nom de la vue",
        most=LONGEST,
        hint="Quelques mots : « Évalués en 2026 ». Pas de nom de personne.",
        needed="Donnez un nom à cette vue.",
    )
