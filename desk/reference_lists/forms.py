"""The lines of the reference lists, as one edits them."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms

from accounts.models import OrganisationKind
from cases.dossiers.models import HouseholdType, MotiveLevel, PieceStep, Whose
from cases.dossiers.operations.piece_kinds import KindTold
from core.forms import choice, words
from core.typography import number
from vault.models import KeyClass

KINDS = [(kind.value, str(kind.label)[:1].upper() + str(kind.label)[1:]) for kind in OrganisationKind]
WITHOUT_SIAO = [(code, label) for code, label in KINDS if code != OrganisationKind.SIAO]
READ_BY = [
    (KeyClass.IDENTITY.value, "Le SIAO, l’équipe qui accompagne, et la santé"),
    (KeyClass.SOCIAL.value, "Le SIAO et l’équipe qui accompagne"),
    (KeyClass.HEALTH.value, "La santé seule"),
    (KeyClass.BANK.value, "Qui paie le pécule"),
]
LEVELS = [(level.value, level.label.capitalize()) for level in MotiveLevel]


def listed(choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Codes and labels, each label beginning with a capital."""
    return [(code, f"{label[:1].upper()}{label[1:]}") for code, label in choices]


def rank() -> forms.IntegerField:
    """Where a line stands in its list."""
    return forms.IntegerField(
        label="Rang",
        min_value=0,
        max_value=9999,
        initial=100,
        help_text="Les plus petits d’abord ; à rang égal, dans l’ordre des lettres.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": "Écrivez un rang, par exemple 100.",
            "invalid": "Écrivez un nombre entier, par exemple 100.",
            "min_value": "Écrivez un nombre positif.",
            "max_value": "Écrivez un nombre de 9 999 au plus.",
        },
    )


def aliases(hint: str) -> forms.CharField:
    """Other names, one a line."""
    return forms.CharField(
        label="Autres noms",
        required=False,
        max_length=2000,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": 3, "data-hints": "off"}),
        error_messages={"max_length": "Ce texte est trop long : 2 000 caractères au plus."},
    )


class CommuneForm(forms.Form):
    """A commune's name; its code stays."""

    name = words("Nom", needed="Écrivez le nom de la commune.")
    is_active = forms.BooleanField(label="Proposée dans les listes", required=False)


class NewCommuneForm(forms.Form):
    """A commune that was not listed."""

    code = words(
        "Code Insee", most=5, needed="Écrivez un code.", hint="Cinq signes, par exemple 73065. Il ne change plus."
    )
    name = words("Nom", needed="Écrivez le nom de la commune.")


class MotiveForm(forms.Form):
    """A motive's words; its code and its level stay."""

    label = words(
        "Libellé",
        most=120,
        needed="Écrivez un libellé.",
        hint="Les chiffres comptent sous les mots d’avant les deux-points : les changer change ce qu’ils affichent.",
    )
    rank = rank()
    is_active = forms.BooleanField(label="Proposé dans les listes", required=False)


class NewMotiveForm(forms.Form):
    """A motive that was not listed."""

    label = words("Libellé", most=120, needed="Écrivez un libellé.")
    level = choice("Donné pour un dossier", LEVELS, nothing="Choisir")
    rank = rank()


class PieceKindForm(forms.Form):
    """A kind of piece; its code, and who reads it, stay."""

    label = words("Libellé", most=120, needed="Écrivez un libellé.", hint="Sans article : « avis d’imposition ».")
    whose = choice("Au sujet de", listed(Whose.choices))
    step = choice(
        "Demandée",
        listed(PieceStep.choices),
        nothing="Par aucune étape",
        required=False,
        hint="Une étape ne demande que ce que le SIAO peut lire.",
    )
    household_types = forms.MultipleChoiceField(
        label="Seulement pour ces ménages",
        required=False,
        choices=listed(HouseholdType.choices),
        widget=forms.CheckboxSelectMultiple,
        help_text="Aucun coché : pour tous.",
        error_messages={"invalid_choice": "Choisissez dans la liste."},
    )
    months = forms.IntegerField(
        label="Valable combien de mois (facultatif)",
        required=False,
        min_value=1,
        max_value=120,
        help_text="Après sa réception, quand elle ne dit pas sa propre date. Vide : sans limite.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": "Écrivez un nombre de mois, par exemple 3.",
            "min_value": "Écrivez un nombre de 1 à 120.",
            "max_value": "Écrivez un nombre de 1 à 120.",
        },
    )
    rank = rank()
    is_active = forms.BooleanField(label="Proposée dans les listes", required=False)

    def told(self) -> KindTold:
        """As the operation wants it."""
        answers = {name: value for name, value in self.cleaned_data.items() if name != "klass"}
        return KindTold(**answers)


class NewPieceKindForm(PieceKindForm):
    """A kind that was not listed: who will read its pieces is said once."""

    klass = choice("Lue par", READ_BY, nothing="Choisir", hint="Ne change plus ensuite.")
    is_active = forms.BooleanField(label="Proposée dans les listes", required=False, initial=True)


class OrganisationForm(forms.Form):
    """An organisation's name and nature, the other names it answers to, and whether it still works."""

    name = words("Nom", most=200, needed="Écrivez le nom de l’organisation.")
    kind = choice("Nature", KINDS)
    aliases = aliases(
        "Un par ligne, à ajouter à ceux qu’elle a déjà. Les registres la reconnaissent sous chacun d’eux."
    )
    is_closed = forms.BooleanField(label="Fermée : elle n’est plus proposée", required=False)


class NewOrganisationForm(forms.Form):
    """An organisation that was not listed."""

    name = words("Nom", most=200, needed="Écrivez le nom de l’organisation.")
    kind = choice("Nature", WITHOUT_SIAO, nothing="Choisir")
    aliases = aliases("Un par ligne. Les registres la reconnaissent sous chacun d’eux.")


def text(most: int, rows: int, *, hint: str = "") -> forms.CharField:
    """The sentences of a letter."""
    return forms.CharField(
        label="Texte",
        max_length=most,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": rows, "data-hints": "off"}),
        error_messages={
            "required": "Écrivez le texte.",
            "max_length": f"Ce texte est trop long : {number(most)} caractères au plus.",
        },
    )


class LetterForm(forms.Form):
    """The words of a mail, and the version that was read."""

    subject = words("Objet", most=150, needed="Écrivez l’objet.")
    sentence = text(600, 4)
    action = words("Mots du lien", most=60, needed="Écrivez les mots du lien.")
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class LongLetterForm(forms.Form):
    """The words of a text on paper: no link there, several lines."""

    subject = words("Titre", most=150, needed="Écrivez le titre.")
    sentence = text(8000, 24, hint="Une idée par ligne. Un titre commence par « # », un point d’une liste par « - ».")
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class HintForm(forms.Form):
    """What a family of words looks for, and what it offers to write instead."""

    field_order = ("words", "suggestion", "is_active")
    suggestion = words("Ce que l’on propose d’écrire", most=300, needed="Écrivez ce que l’on propose à la place.")
    words = forms.CharField(
        label="Mots",
        max_length=6000,
        help_text="Un par ligne. Une étoile à la fin accepte toutes les terminaisons : « incarcér* ». {nir}, {iban}, "
        "{telephone} et {courriel} reconnaissent la forme d’un numéro ou d’une adresse.",
        widget=forms.Textarea(attrs={"rows": 14, "data-hints": "off"}),
        error_messages={"required": "Écrivez au moins un mot.", "max_length": "Cette liste est trop longue."},
    )
    is_active = forms.BooleanField(label="En usage", required=False)
