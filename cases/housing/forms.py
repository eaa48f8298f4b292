"""What pages ask of a lease."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import Organisation
from cases.dossiers.models import Outcome
from cases.housing.models import LeaseKind, Parc
from cases.housing.operations import LETS
from core.forms import choice, day


class SignForm(forms.Form):
    """A lease as it was signed."""

    kind = choice("Type de bail", [(code, label.capitalize()) for code, label in LeaseKind.choices])
    parc = choice("Parc", [(code, label.capitalize()) for code, label in Parc.choices])
    landlord = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Bailleur",
        empty_label="Choisir",
        error_messages={"required": "Choisissez le bailleur.", "invalid_choice": "Prenez un bailleur de la liste."},
    )
    signed_on = day("Signé le", past=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        landlord = self.fields["landlord"]
        assert isinstance(landlord, forms.ModelChoiceField)  # noqa: S101  declared above
        landlord.queryset = Organisation.objects.open().filter(kind__in=LETS).order_by("sort_key")
        self.fields["signed_on"].initial = timezone.localdate()


class EntryForm(forms.Form):
    """The day the household has its keys."""

    on = day("Entrée le", past=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()


class OutcomeForm(forms.Form):
    """What became of the lease, and since when."""

    outcome = choice("Ce qu’il en est", [], nothing="Choisir")
    on = day("Constaté le", past=True)

    def __init__(self, *args: Any, possible: Sequence[Outcome], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcome = self.fields["outcome"]
        assert isinstance(outcome, forms.ChoiceField)  # noqa: S101  declared above
        outcome.choices = [("", "Choisir"), *((each.value, _capitalised(each.label)) for each in possible)]
        self.fields["on"].initial = timezone.localdate()


def _capitalised(label: Any) -> str:
    words = str(label)
    return f"{words[:1].upper()}{words[1:]}"
