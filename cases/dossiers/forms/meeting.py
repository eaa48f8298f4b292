"""A meeting in the street, on a phone: few fields, most of them proposed."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from cases.dossiers.models import ETHOS, Commune, Informed, Sex
from core.forms import day, words

TONIGHT = {1: "Dehors", 2: "Abri de nuit", 11: "Voiture, tente, squat", 8: "Chez quelqu’un"}
AGREES, TOLD, NOT_YET = "AGREES", "TOLD", "NOT_YET"
KNOWS = [(NOT_YET, "Pas encore"), (TOLD, "Oui, réponse à venir"), (AGREES, "Oui, et d’accord")]
UNKNOWN_PERSON = "Écrivez son nom, ou ce qui permettra de la reconnaître : un surnom, une phrase."
CHOOSE = "Touchez l’une des réponses."


class WhenForm(forms.Form):
    """Where and when, now by default."""

    commune = forms.ModelChoiceField(
        Commune.objects.none(),
        label="Commune",
        empty_label="Choisir",
        error_messages={"required": "Choisissez la commune.", "invalid_choice": "Prenez une commune de la liste."},
    )
    place = words("Où, en quelques mots", required=False, most=120)
    on = day("Le", past=True, hint="Par exemple 04/05/2026.")
    at = forms.TimeField(
        label="À",
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={
            "required": "Écrivez l’heure, par exemple 22:10.",
            "invalid": "Écrivez une heure qui existe, par exemple 22:10.",
        },
    )

    def __init__(self, *args: Any, communes: QuerySet[Commune], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["commune"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  as declared above
        field.queryset = communes
        now = timezone.localtime()
        self.fields["on"].initial, self.fields["at"].initial = now.date(), time(now.hour, now.minute)

    def clean(self) -> dict[str, Any]:
        """Adds `met_at`: a moment that has come."""
        told = super().clean() or {}
        if told.get("on") and told.get("at"):
            told["met_at"] = timezone.make_aware(datetime.combine(told["on"], told["at"]))
            if told["met_at"] > timezone.now():
                self.add_error("at", "La rencontre a déjà eu lieu : écrivez une heure passée.")
        return told


class MeetingForm(WhenForm):
    """Who was met, where she sleeps tonight, what she needs now, what she was told."""

    sex = forms.ChoiceField(
        label="Qui",
        required=False,
        choices=[(Sex.M.value, "Homme"), (Sex.F.value, "Femme"), ("", "Ne sais pas")],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": CHOOSE},
    )
    people = forms.IntegerField(
        label="Combien de personnes",
        initial=1,
        min_value=1,
        max_value=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": "Écrivez combien de personnes, par exemple 1.",
            "invalid": "Écrivez un nombre entier, par exemple 1.",
            "min_value": "Écrivez un nombre de 1 à 20.",
            "max_value": "Écrivez un nombre de 1 à 20.",
        },
    )
    last_name = words("Nom", required=False)
    first_name = words("Prénom", required=False)
    known_as = words("Sans nom, à quoi la reconnaître", required=False, most=200)
    ethos = forms.ChoiceField(
        label="Cette nuit",
        choices=[(f"{number} {ETHOS[number]}", label) for number, label in TONIGHT.items()],
        initial=f"1 {ETHOS[1]}",
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    needs = words("Besoin maintenant", required=False, most=200)
    knows = forms.ChoiceField(
        label="Sait-elle que nous l’écrivons ?",
        choices=KNOWS,
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )

    def clean(self) -> dict[str, Any]:
        """A name, or what one will recognise her by."""
        told = super().clean()
        named = told.get("last_name") or told.get("known_as") or told.get("first_name")
        if not named and not {"last_name", "known_as", "first_name"} & self.errors.keys():
            self.add_error(
                "known_as", "Écrivez son nom, ou ce qui permettra de la reconnaître : un surnom, une phrase."
            )
        if not told.get("last_name") and not told.get("known_as"):
            told["known_as"] = told.get("first_name") or ""
        return told

    @property
    def informed(self) -> str:
        """As entries say it: what is said in the street is said by word of mouth."""
        return Informed.NOT_YET if self.cleaned_data["knows"] == NOT_YET else Informed.ORALLY


class AgainForm(WhenForm):
    """The same person, met once more."""

    note = forms.CharField(
        label="Ce qu’il faut retenir (facultatif)",
        required=False,
        max_length=300,
        help_text="Des faits, en une ou deux phrases. Ni santé, ni justice.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "Ce texte est trop long : 300 caractères au plus."},
    )
