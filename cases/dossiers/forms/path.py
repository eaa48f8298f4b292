"""What is asked of a period of a residential path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from cases.dossiers.forms.choices import ETHOS_CHOICES, UNKNOWN, listed
from cases.dossiers.forms.dates import Approximate, ApproximateField
from cases.dossiers.models import Told
from cases.dossiers.operations.path import NewPeriod
from core.forms import choice


class PeriodForm(forms.Form):
    """Where, from when, until when, by whom it is known; dates may stay empty."""

    ethos = choice("Où la personne vivait", ETHOS_CHOICES, nothing="Choisir")
    started = ApproximateField(label="Depuis")
    ended = ApproximateField(label="Jusqu’à", help_text="Vide tant que cela dure.")
    told_by = choice("Qui le dit", listed(Told.choices), nothing=UNKNOWN, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = self.initial.get("ethos")
        if told and told not in dict(ETHOS_CHOICES):  # as a register wrote it
            self.fields["ethos"] = choice("Où la personne vivait", [*ETHOS_CHOICES, (told, told)], nothing="Choisir")

    def clean_started(self) -> Approximate | None:
        return begun(self.cleaned_data["started"])

    def clean_ended(self) -> Approximate | None:
        return begun(self.cleaned_data["ended"])

    def clean(self) -> dict[str, Any]:
        """The end comes after the beginning."""
        told = super().clean() or {}
        started, ended = told.get("started"), told.get("ended")
        if started and ended and ended.last < started.first:
            self.add_error("ended", "La fin vient avant le début : vérifiez les deux dates.")
        return told

    def period(self, *, seen_on: date | None = None) -> NewPeriod:
        """What was told, as it is written."""
        told = self.cleaned_data
        started, ended = told["started"], told["ended"]
        return NewPeriod(
            ethos=told["ethos"],
            started_on=started.first if started else None,
            ended_on=last_day(ended) if ended else None,
            started_precision=started.stored if started else "",
            ended_precision=ended.stored if ended else "",
            told_by=told["told_by"],
            seen_on=seen_on if started is None else None,
        )


class EndForm(forms.Form):
    """When it ended."""

    ended = ApproximateField(label="Jusqu’à", required=True)

    def clean_ended(self) -> Approximate | None:
        return begun(self.cleaned_data["ended"])


class CopyForm(forms.Form):
    """Which other members lived there too."""

    people = forms.MultipleChoiceField(
        label="Qui y vivait aussi",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choisissez au moins une personne.",
            "invalid_choice": "Cette personne n’est pas du ménage.",
        },
    )

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["people"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  as declared above
        field.choices = people


def begun(told: Approximate | None) -> Approximate | None:
    """The same, once its first day has come. Raises `ValidationError` for the future."""
    if told is not None and told.first > timezone.localdate():
        raise forms.ValidationError("Écrivez une date passée, ou celle d’aujourd’hui.")
    return told


def last_day(told: Approximate) -> date:
    """The last day that it may be: today for the month or year that goes on."""
    return min(told.last, timezone.localdate())
