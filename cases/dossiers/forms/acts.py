"""What each act on a dossier asks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from cases.dossiers.models import OF_THE_LEASE_ALONE, Motive, Outcome
from cases.dossiers.operations import Act, months_of, proposed_review
from core.forms import DATE_FORMATS

OUTCOMES = [(each.value, str(each.label).capitalize()) for each in Outcome if each not in OF_THE_LEASE_ALONE]
NOTE_LABELS = {
    "ask_for_pieces": "Pièces demandées",
    "reexamine": "Ce qui est nouveau",
    "reconsider": "Le fait nouveau",
    "reopen": "Ce que l’on sait",
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
            choices = [(motive.code, _with_months(motive, "review_on" in act.asks)) for motive in motives]
            return forms.ChoiceField(
                label="Motif",
                choices=[("", "Choisir un motif"), *choices],
                error_messages={
                    "required": "Choisissez un motif.",
                    "invalid_choice": "Prenez un motif de la liste.",
                },
            )
        if asked == "review_on":
            return forms.DateField(
                label="À revoir le",
                required=False,
                input_formats=DATE_FORMATS,
                help_text="Vide : la date proposée avec le motif. Ou une autre, par exemple 04/05/2027.",
                error_messages={
                    "invalid": "Écrivez une date qui existe, par exemple 04/05/2027.",
                },
            )
        if asked == "outcome":
            return forms.ChoiceField(
                label="Issue",
                choices=[("", "Choisir une issue"), *OUTCOMES],
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
        """A review comes after today; without a date, that of the motive is taken."""
        day, today = self.cleaned_data["review_on"], timezone.localdate()
        if day is None and not self.cleaned_data.get("motive"):
            raise forms.ValidationError("Écrivez la date du réexamen, par exemple 04/05/2027.")
        if day is None:
            return proposed_review(self.cleaned_data["motive"], today)
        if day <= today:
            raise forms.ValidationError("La date du réexamen vient après aujourd’hui.")
        return day


def _with_months(motive: Motive, is_put_off: bool) -> str:
    """A motive, and when one looks again if no date is written."""
    label = motive.label.capitalize()
    return f"{label} (dans {months_of(motive.code)} mois)" if is_put_off else label
