"""What is asked of a person’s information and agreement, and what completes an entry."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.models import Organisation
from cases.dossiers.forms.choices import UNKNOWN, listed
from cases.dossiers.models import Informed, NoAgreement, Sex
from core.forms import choice, day, words

YES, NO = "OUI", "NON"
HOW = [(each.value, f"Oui, {each.label}") for each in Informed if each != Informed.NOT_YET]
INFORM_FIRST = "Informez la personne, puis dites comment : vous pouvez lui lire la notice facile à lire."


class AgreementForm(forms.Form):
    """How the person was informed; her agreement, or why it is missing. Both may wait when `may_wait`."""

    informed = forms.ChoiceField(
        label="La personne est-elle informée de ce qui est écrit sur elle ?",
        choices=HOW,
        widget=forms.RadioSelect,
        error_messages={"required": INFORM_FIRST, "invalid_choice": INFORM_FIRST},
    )
    agreed = forms.ChoiceField(
        label="Est-elle d’accord ?",
        choices=[(YES, "Oui, elle est d’accord"), (NO, "Non, ou sa réponse manque")],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Dites si la personne est d’accord.",
            "invalid_choice": "Dites si la personne est d’accord.",
        },
    )
    agreed_on = day(
        "D’accord le (facultatif)", required=False, past=True, hint="Si c’est un autre jour que celui de la demande."
    )
    no_agreement = choice(
        "Sans accord, pourquoi", listed(NoAgreement.choices), nothing="Elle est d’accord", required=False
    )
    note = forms.CharField(
        label="En une phrase",
        required=False,
        max_length=300,
        help_text="Seulement sans accord : ce qui s’est passé, et quand la question sera posée. Ni santé, ni justice.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "Ce texte est trop long : 300 caractères au plus."},
    )

    def __init__(self, *args: Any, may_wait: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may_wait:
            informed, agreed = self.fields["informed"], self.fields["agreed"]
            assert isinstance(informed, forms.ChoiceField)  # noqa: S101  as declared above
            informed.choices = [*HOW, (Informed.NOT_YET.value, "Pas encore")]
            informed.initial = Informed.NOT_YET.value
            informed.required = agreed.required = False

    @property
    def is_agreed(self) -> bool:
        """Did one answer yes."""
        return bool(self.cleaned_data.get("agreed") == YES)

    def clean(self) -> dict[str, Any]:
        """One answer or the other, a missing agreement with its motive and its sentence."""
        told = super().clean() or {}
        agreed, motive, note = told.get("agreed"), told.get("no_agreement"), told.get("note", "").strip()
        if agreed == YES and (motive or note):
            self.add_error(
                "no_agreement" if motive else "note",
                "Elle est d’accord, avez-vous répondu : effacez la raison de l’absence d’accord, ou répondez « Non ».",
            )
        if agreed == YES and told.get("informed") == Informed.NOT_YET:
            self.add_error("informed", INFORM_FIRST)
        if agreed != YES and told.get("agreed_on"):
            self.add_error("agreed_on", "Cette date est celle d’un accord : effacez-la, ou répondez « Oui ».")
        if agreed == NO and not motive and "no_agreement" not in self.errors:
            self.add_error("no_agreement", "Choisissez pourquoi son accord manque.")
        if (agreed == NO or motive) and not note and agreed != YES and "note" not in self.errors:
            self.add_error("note", "Écrivez en une phrase pourquoi son accord manque.")
        return told


class CompleteForm(AgreementForm):
    """What an entry still lacks; with `prescripteurs`, who orients too."""

    def __init__(self, *args: Any, prescripteurs: QuerySet[Organisation] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if prescripteurs is not None:
            self.fields["prescripteur"] = _who(prescripteurs)
            self.order_fields(["prescripteur"])


class WhoForm(forms.Form):
    """Who orients a household whose agreement is known: nothing else is asked again."""

    def __init__(self, *args: Any, prescripteurs: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["prescripteur"] = _who(prescripteurs)


class NameForm(forms.Form):
    """What somebody who had no name says of herself."""

    last_name = words("Nom", needed="Écrivez le nom que la personne donne.")
    first_name = words("Prénom (facultatif)", required=False)
    birth_date = day("Date de naissance (facultatif)", required=False, past=True, hint="Par exemple 04/05/1984.")
    sex = choice("Sexe (facultatif)", listed(Sex.choices), nothing=UNKNOWN, required=False)


def _who(prescripteurs: QuerySet[Organisation]) -> forms.ModelChoiceField[Organisation]:
    return forms.ModelChoiceField(
        prescripteurs,
        label="Orienté par",
        empty_label="Choisir",
        error_messages={
            "required": "Choisissez qui oriente le ménage : le SIAO, quand personne d’autre ne le fait.",
            "invalid_choice": "Prenez un organisme de la liste.",
        },
    )
