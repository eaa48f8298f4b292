"""The form of the import page."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile

from exchange.operations import LARGEST, TOO_LARGE

MOST_FILES = 3
TOO_MANY = "Choisissez trois fichiers au plus : le registre et la liste des séances."
NONE_CHOSEN = "Choisissez au moins un fichier, CSV ou XLSX."


class SeveralFiles(forms.ClearableFileInput):
    """A file control that takes several files."""

    allow_multiple_selected = True


class RegisterField(forms.FileField):
    """One to three files, as a list."""

    widget = SeveralFiles
    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": NONE_CHOSEN,
        "invalid": NONE_CHOSEN,
        "missing": NONE_CHOSEN,
        "empty": "Un de ces fichiers est vide : vérifiez-le.",
        "max_length": "Le nom d’un de ces fichiers est trop long : raccourcissez-le.",
    }

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Each file alone, then their number and their size together."""
        files = (data if isinstance(data, list | tuple) else [data]) or [None]
        cleaned = [super(RegisterField, self).clean(each, initial) for each in files]
        if len(cleaned) > MOST_FILES:
            raise forms.ValidationError(TOO_MANY)
        if sum(each.size or 0 for each in cleaned) > LARGEST:
            raise forms.ValidationError(TOO_LARGE)
        return cleaned


class RegisterForm(forms.Form):
    """The files to import."""

    register = RegisterField(
        label="Fichiers du registre",
        help_text="CSV ou XLSX, 20 Mo au plus. Les colonnes peuvent être dans un autre ordre.",
        widget=SeveralFiles(attrs={"accept": ".csv,.xlsx"}),
    )
