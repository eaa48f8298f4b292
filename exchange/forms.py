"""The forms of the import: files to send, columns to tell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile

from exchange.models import CodedColumn
from exchange.operations import CODES, LARGEST, TOO_LARGE, Value
from exchange.operations.mappings import LONGEST_NAME, NO_NAME
from exchange.operations.values import word_key
from exchange.reading.columns import vocabulary
from exchange.reading.telling import Unknown

MOST_FILES = 3
TOO_MANY = "Choisissez trois fichiers au plus : le registre et la liste des séances."
NOT_READ = "Ne pas lire"
LEFT = "-"  # a word that is left alone; empty, nothing was said of it
Untold = tuple[CodedColumn, str]
NONE_CHOSEN = "Choisissez au moins un fichier, CSV ou XLSX."


class SeveralFiles(forms.ClearableFileInput):
    """A file control that takes several files."""

    allow_multiple_selected = True


class RegisterField(forms.FileField):
    """One to three files, as a list."""

    widget = SeveralFiles
    too_many = TOO_MANY
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
            raise forms.ValidationError(self.too_many)
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


class ExtractionField(RegisterField):
    """The same, of SI-SIAO."""

    too_many = "Choisissez trois fichiers au plus."


class ExtractionForm(forms.Form):
    """What SI-SIAO gives, to compare."""

    extraction = ExtractionField(
        label="Extraction du SI-SIAO",
        help_text="CSV ou XLSX, 20 Mo au plus. Les colonnes peuvent être dans un autre ordre.",
        widget=SeveralFiles(attrs={"accept": ".csv,.xlsx"}),
    )


class ValuesForm(forms.Form):
    """What each word of SI-SIAO means: those of which nothing was said first, then those that may be told otherwise."""

    def __init__(self, known: Iterable[Value], untold: Iterable[Untold], data: Any = None) -> None:
        super().__init__(data)
        self._words: dict[str, Untold] = {}
        self._known: dict[str, Value] = {}
        for column, word in untold:
            self._add(column, word, [("", "À dire plus tard")], "")
        for each in known:
            name = self._add(each.now.column, each.now.word, [], each.now.code or LEFT)
            self._known[name] = each

    def sections(self) -> list[tuple[str, list[tuple[str, forms.BoundField, Value | None]]]]:
        """For each column that has words: its name, then word, field, and what was said of it."""
        found: dict[CodedColumn, list[tuple[str, forms.BoundField, Value | None]]] = {}
        for name, (column, word) in self._words.items():
            found.setdefault(column, []).append((word, self[name], self._known.get(name)))
        return [(str(column.label), found[column]) for column in CodedColumn if column in found]

    def told(self) -> dict[Untold, str]:
        """The code of each word that is told; none for those left for later."""
        answers = {word: self.cleaned_data[name] for name, word in self._words.items()}
        return {word: "" if answer == LEFT else answer for word, answer in answers.items() if answer}

    def _add(self, column: CodedColumn, word: str, first: list[tuple[str, str]], initial: str) -> str:
        """A field under a name made of the word: what is posted is of this word, whatever came meanwhile."""
        print_ = hashlib.sha256("|".join(word_key(column, word)).encode()).hexdigest()[:16]
        name = f"{column.value}-{print_}"
        self._words[name] = (column, word)
        self.fields[name] = forms.ChoiceField(
            label=f"Ce que veut dire « {word} »",
            choices=[*first, *CODES[column].items(), (LEFT, "Laisser de côté")],
            initial=initial,
            required=False,
            error_messages={"invalid_choice": "Prenez une valeur de la liste."},
        )
        return name


class ColumnsForm(forms.Form):
    """What each column of a sheet holds, and the name under which it is remembered."""

    name = forms.CharField(
        label="Nom de cette correspondance",
        help_text="Pour la reconnaître dans la liste : par exemple « Tableau du 115 ».",
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": NO_NAME, "max_length": f"Écrivez {LONGEST_NAME} signes au plus."},
    )

    def __init__(self, unknown: Unknown, data: Any = None) -> None:
        super().__init__(data)
        labels = vocabulary(unknown.kind).labels
        self._columns = unknown.columns()
        for index, header, _ in self._columns:
            self.fields[_name(index)] = forms.ChoiceField(
                label=f"Ce que contient la colonne « {header} »",
                choices=[("", NOT_READ), *labels.items()],
                initial=unknown.guess.get(index, ""),
                required=False,
                error_messages={"invalid_choice": "Prenez une valeur de la liste."},
            )

    def columns(self) -> list[tuple[str, list[str], forms.BoundField]]:
        """Header, shapes of its cells, field."""
        return [(header, shapes, self[_name(index)]) for index, header, shapes in self._columns]

    def meanings(self) -> dict[int, str]:
        """What each column that is read holds, by place."""
        told = {index: self.cleaned_data[_name(index)] for index, _, _ in self._columns}
        return {index: meaning for index, meaning in told.items() if meaning}

    def clean(self) -> dict[str, Any]:
        """Two columns do not hold the same thing."""
        first: dict[str, str] = {}
        for index, header, _ in self._columns:
            meaning = self.cleaned_data.get(_name(index))
            if meaning in first:
                self.add_error(
                    _name(index), f"La colonne « {first[meaning]} » dit déjà cela. N’en gardez qu’une des deux."
                )
            elif meaning:
                first[meaning] = header
        return self.cleaned_data


def _name(index: int) -> str:
    return f"column_{index}"
