"""What the author of a letter writes, and the day it left."""

from __future__ import annotations

from typing import Any

from django import forms

from cases.dossiers.models import How, LetterKind
from cases.dossiers.operations.letters import WITH_PIECES, WITH_WHY, Asked, pieces_in
from core.forms import choice, day

HOWS = [(How.HANDED.value, "Remis en main propre"), (How.POST.value, "Envoyé par la poste")]
MOST_LINES = 5  # the window of an envelope


def long_text(label: str, rows: int, hint: str, **attrs: str) -> forms.CharField:
    """Several lines, that may stay empty."""
    return forms.CharField(
        label=label,
        required=False,
        max_length=2000,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": rows, **attrs}),
        error_messages={"max_length": "Ce texte est trop long : 2 000 caractères au plus."},
    )


class LetterDraftForm(forms.Form):
    """On which condition, why, which pieces, where it goes, who has a copy: what each letter asks, and nothing else."""

    def __init__(
        self, *args: Any, kind: LetterKind, pieces_too: bool = False, reserve_too: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if reserve_too:
            hint = "Repris de la décision. Le ménage lira ces mots : dites quoi faire, et avant quand."
            self.fields["reserve"] = long_text("Ce que la commission demande", 3, hint)
        if kind in WITH_WHY:
            hint = "Le ménage lira ces mots. Une ou deux phrases courtes. Ni santé, ni justice, ni comparaison."
            self.fields["why"] = long_text("Pourquoi", 3, hint)
        if kind in WITH_PIECES or pieces_too:
            self.fields["pieces"] = long_text("Pièces qui manquent", 4, "Une par ligne.")
        where = "Rue, puis code postal et commune. Vide : le courrier est remis en main propre."
        self.fields["address"] = long_text("Adresse (facultatif)", 3, where, **{"data-hints": "off"})
        who = "La personne qui assiste ou représente le ménage, si une curatelle renforcée ou une tutelle le demande."
        self.fields["copies"] = long_text("Copie à (facultatif)", 2, who, **{"data-hints": "off"})

    def clean_address(self) -> tuple[str, ...]:
        lines = _lines(self.cleaned_data["address"])
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(f"Écrivez {MOST_LINES} lignes au plus : c’est ce que montre une enveloppe.")
        return lines

    def clean_copies(self) -> tuple[str, ...]:
        return _lines(self.cleaned_data["copies"])

    def clean_pieces(self) -> tuple[str, ...]:
        return tuple(pieces_in(self.cleaned_data["pieces"]))

    def clean_why(self) -> str:
        return " ".join(self.cleaned_data["why"].split())

    def clean_reserve(self) -> str:
        return " ".join(self.cleaned_data["reserve"].split())

    @property
    def asked(self) -> Asked:
        """What was written, once it is valid."""
        return Asked(**self.cleaned_data)


class SentForm(forms.Form):
    """How and when a letter left."""

    how = choice("Comment", HOWS, nothing="Choisir")
    on = day("Le", past=True)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in (" ".join(each.split()) for each in text.splitlines()) if line)
