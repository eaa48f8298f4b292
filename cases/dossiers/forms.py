"""What an act asks: a motive, a date, an outcome, a sentence."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from cases.dossiers.models import Motive, Outcome
from cases.dossiers.operations import Act

DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%d/%m/%y"]
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
