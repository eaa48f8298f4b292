"""What pages ask of a dossier: to open it, to evaluate it, to act on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Organisation
from cases.dossiers.models import ETHOS, Adhesion, HouseholdType, MissingNumber, Motive, Outcome, Resource, Sex
from cases.dossiers.operations import Act
from core.forms import DATE_FORMATS, MoneyField, choice, day, words

OUTCOMES = [(outcome.value, str(outcome.label)) for outcome in Outcome]
NOTE_LABELS = {
    "ask_for_pieces": "Pièces demandées",
    "reexamine": "Ce qui est nouveau",
    "reconsider": "Le fait nouveau",
    "reopen": "Pourquoi rouvrir",
}
FACTS_HINT = "Des faits, en une ou deux phrases. Ni santé, ni justice."
HOLDS_HINT = "Quelque chose retient encore le dossier : dites pourquoi il se ferme malgré tout. Ni santé, ni justice."
HOLDS_ERROR = "Écrivez pourquoi le dossier se ferme alors que quelque chose le retient encore."
NOTE_ERROR = "Écrivez en une phrase ce qui justifie cet acte."

UNKNOWN = "Non renseigné"
ETHOS_CHOICES = [(f"{number} {text}", f"{number}. {text}") for number, text in ETHOS.items()]


def _listed(choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(code, f"{label[:1].upper()}{label[1:]}") for code, label in choices]


class OpenForm(forms.Form):
    """A household as one first hears of it. With `prescripteurs`, one says who orients it."""

    last_name = words("Nom", needed="Écrivez le nom de la personne, ou celui qu’elle donne.")
    first_name = words("Prénom (facultatif)", required=False)
    birth_date = day("Date de naissance (facultatif)", required=False, past=True, hint="Par exemple 04/05/1984.")
    sex = choice("Sexe (facultatif)", _listed(Sex.choices), nothing=UNKNOWN, required=False)
    on = day("Date", past=True)

    def __init__(self, *args: Any, prescripteurs: QuerySet[Organisation] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()
        if prescripteurs is None:
            self.fields["on"].label = "Orientation le"
        else:
            self.fields["on"].label = "Rencontre ou orientation le"
            self.fields["prescripteur"] = forms.ModelChoiceField(
                prescripteurs,
                label="Orienté par (facultatif)",
                required=False,
                empty_label="Personne : repéré par le SIAO",
                error_messages={"invalid_choice": "Prenez un organisme de la liste."},
            )


class EvaluationForm(forms.Form):
    """The answers of an evaluation; each may stay empty."""

    evaluated_on = day("Évaluation du", required=False, past=True)
    household_type = choice("Composition du ménage", _listed(HouseholdType.choices), nothing=UNKNOWN, required=False)
    children = forms.IntegerField(
        label="Enfants",
        required=False,
        min_value=0,
        max_value=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": "Écrivez un nombre entier, par exemple 2.",
            "min_value": "Écrivez un nombre de 0 à 20.",
            "max_value": "Écrivez un nombre de 0 à 20.",
        },
    )
    ethos = choice(
        "Où vit le ménage",
        ETHOS_CHOICES,
        nothing=UNKNOWN,
        required=False,
        hint="Les treize situations de la typologie ETHOS.",
    )
    resource = choice("Nature des ressources", _listed(Resource.choices), nothing=UNKNOWN, required=False)
    resources = MoneyField(label="Ressources du mois", help_text="Tout le ménage, en euros.")
    rent_debt = MoneyField(label="Dette de loyer", help_text="En euros ; 0 quand il n’y en a pas.")
    unique_number = words(
        "Numéro unique", required=False, most=40, hint="Celui de la demande de logement social : 18 caractères."
    )
    missing_reason = choice(
        "Sans numéro unique, pourquoi", _listed(MissingNumber.choices), nothing=UNKNOWN, required=False
    )
    renewed_on = day("Demande déposée ou renouvelée le", required=False, past=True)
    adhesion = choice("Le ménage adhère au projet", _listed(Adhesion.choices), nothing=UNKNOWN, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = self.initial.get("ethos")
        if told and told not in dict(ETHOS_CHOICES):  # as a register wrote it
            wider = [*ETHOS_CHOICES, (told, told)]
            self.fields["ethos"] = choice("Où vit le ménage", wider, nothing=UNKNOWN, required=False)

    def clean_unique_number(self) -> str | None:
        """In capitals without spaces; nothing when empty."""
        return "".join(self.cleaned_data["unique_number"].upper().split()) or None

    def clean(self) -> dict[str, Any]:
        """Nothing is said twice: an empty answer is unknown."""
        told = super().clean() or {}
        if told.get("unique_number") and told.get("missing_reason"):
            self.add_error("missing_reason", "Un numéro est donné : ne choisissez pas de raison de son absence.")
        return {name: None if value == "" else value for name, value in told.items()}


class ActForm(forms.Form):
    """The fields of one act, in its order; a field that may stay empty says so.

    `despite` is true when the dossier closes although something holds it: the note then says why.
    """

    def __init__(self, *args: Any, act: Act, name: str, despite: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for asked in act.asks:
            self.fields[asked] = self._field(asked, act, name, despite)

    def _field(self, asked: str, act: Act, name: str, despite: bool) -> forms.Field:
        if asked == "motive":
            motives = Motive.objects.filter(level__in=act.motives, is_active=True)
            return forms.ChoiceField(
                label="Motif",
                choices=[("", "Choisir un motif"), *((motive.code, motive.label.capitalize()) for motive in motives)],
                error_messages={
                    "required": "Choisissez un motif.",
                    "invalid_choice": "Prenez un motif de la liste.",
                },
            )
        if asked == "review_on":
            return forms.DateField(
                label="À revoir le",
                input_formats=DATE_FORMATS,
                help_text="Jour, mois, année, par exemple 04/05/2027.",
                error_messages={
                    "required": "Écrivez la date du réexamen, par exemple 04/05/2027.",
                    "invalid": "Écrivez une date qui existe, par exemple 04/05/2027.",
                },
            )
        if asked == "outcome":
            return forms.ChoiceField(
                label="Issue",
                choices=[
                    ("", "Choisir une issue"),
                    *((code, str(label).capitalize()) for code, label in Outcome.choices),
                ],
                error_messages={
                    "required": "Choisissez une issue.",
                    "invalid_choice": "Prenez une issue de la liste.",
                },
            )
        alone = act.asks == ("note",)
        label = "Pourquoi clore maintenant" if despite else NOTE_LABELS.get(name, "Pourquoi" if alone else "Précision")
        return forms.CharField(
            label=label if alone or despite else f"{label} (facultatif)",
            required=alone or despite,
            max_length=2000,
            help_text=HOLDS_HINT if despite else FACTS_HINT,
            widget=forms.Textarea(attrs={"rows": 3}),
            error_messages={
                "required": HOLDS_ERROR if despite else NOTE_ERROR,
                "max_length": "Ce texte est trop long : 2 000 caractères au plus.",
            },
        )

    def clean_review_on(self) -> Any:
        """A review comes after today."""
        day = self.cleaned_data["review_on"]
        if day <= timezone.localdate():
            raise forms.ValidationError("La date du réexamen vient après aujourd’hui.")
        return day
