"""What pages ask of a support measure."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Organisation
from cases.support.models import MeasureKind
from core.forms import choice, day


class OpenForm(forms.Form):
    """A measure that has begun."""

    kind = choice(
        "Type d’accompagnement",
        [(code, f"{label[:1].upper()}{label[1:]}") for code, label in MeasureKind.choices],
        nothing="Choisir",
    )
    operator = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Équipe (facultatif)",
        required=False,
        empty_label="Hors de Seuil",
        help_text="L’équipe choisie voit le dossier tant que dure l’accompagnement.",
        error_messages={"invalid_choice": "Prenez une équipe de la liste."},
    )
    started_on = day("Commencé le", past=True)

    def __init__(self, *args: Any, teams: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        operator = self.fields["operator"]
        assert isinstance(operator, forms.ModelChoiceField)  # noqa: S101  declared above
        operator.queryset = teams
        self.fields["started_on"].initial = timezone.localdate()


class EndForm(forms.Form):
    """The day a measure ended."""

    on = day("Terminé le", past=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()
