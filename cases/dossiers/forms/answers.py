"""The form of a step: each question on its own, with the token of the answer that the page shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.forms import BoundField
from django.utils import timezone

from cases.dossiers.forms.choices import UNKNOWN
from cases.dossiers.forms.lines import Table
from cases.dossiers.models.questions import EmptyReason, Kind, Question, StepOf
from cases.dossiers.models.requests import number_doubt, tidy_number
from cases.dossiers.operations.answers import Held, Told
from cases.dossiers.operations.answers.raw import LONGEST, MOST_CHILDREN, SHORT, TOO_LONG, raw_of, value_of
from core.forms import MoneyField, choice, day, words

NO_REASON = "Pas de raison"
SHARED = "La personne accepte que le travailleur social lise cette réponse"
BOTH_GIVEN = "Un numéro est donné : ne choisissez pas de raison de son absence."


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a page shows it: its field or its table, why it may be empty, and the token of what is known."""

    question: Question
    label: str
    held: Held
    token: str
    field: BoundField | None = None
    table: Table | None = None
    reason: BoundField | None = None
    shared: BoundField | None = None

    @property
    def token_name(self) -> str:
        return f"{self.question.key}-vu"

    @property
    def is_wrong(self) -> bool:
        """What was sent waits to be mended."""
        return bool(self.field is not None and self.field.errors) or bool(self.table is not None and self._is_sent())

    @property
    def unit(self) -> str:
        return "€" if self.question.kind is Kind.AMOUNT else ""

    @property
    def doubt(self) -> str:
        """What is unusual in what is known, which blocks nothing."""
        is_number = self.question.key == "unique_number"
        return number_doubt(self.held.value, timezone.localdate()) if is_number else ""

    def _is_sent(self) -> bool:
        return self.table is not None and self.table.data is not None and self.table.errors


class StepForm(forms.Form):
    """The questions of a step, known (`held`) or sent (`data`); what is sound is told whatever the rest is worth.

    `name` stands in the labels of the household's own words. `communes` are those that a wish may name. `more` says of
    which table one more line is wanted.
    """

    def __init__(
        self,
        step: StepOf,
        held: Mapping[str, Held],
        *,
        data: Any = None,
        name: str = "la personne",
        communes: Sequence[tuple[str, str]] = (),
        more: str = "",
        may_share: bool = False,
    ) -> None:
        super().__init__(data)
        self.step, self.held, self._name, self._more = step, held, name, more
        for question in step.questions:
            if question.kind is not Kind.LINES:
                self.fields[question.key] = _FIELDS[question.kind](question, list(communes))
                self.initial[question.key] = initial_of(question, held[question.key].value)
            if question.may_be_empty_with_reason:
                reason = choice("Laisser vide, avec une raison", EmptyReason.choices, nothing=NO_REASON, required=False)
                self.fields[f"{question.key}-raison"] = reason
                self.initial[f"{question.key}-raison"] = held[question.key].reason
            if may_share:
                self.fields[f"{question.key}-partage"] = forms.BooleanField(label=SHARED, required=False)
                self.initial[f"{question.key}-partage"] = held[question.key].shared_on is not None

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("unique_number") and told.get("missing_reason"):
            self.add_error("missing_reason", BOTH_GIVEN)
        return told

    def asked(self) -> list[Asked]:
        """The questions, in their order."""
        return [self._asked(question) for question in self.step.questions]

    def told(self) -> dict[str, Told]:
        """What was sent and is sound, by question; the others are wrong, and said beside their fields."""
        self.is_valid()
        told: dict[str, Told] = {}
        for asked in self.asked():
            key, question = asked.question.key, asked.question
            if asked.is_wrong or f"{key}-raison" in self.errors or asked.token_name not in self.data:
                continue  # a question that the page did not show
            value = asked.table.raw if asked.table else raw_told(question, self.cleaned_data.get(key))
            reason = "" if value else self.cleaned_data.get(f"{key}-raison", "")
            shared = bool(self.cleaned_data.get(f"{key}-partage"))
            told[key] = Told(value, reason, self.data[asked.token_name], shared)
        return told

    def wrong(self) -> dict[str, str]:
        """What is wrong, in words, by question."""
        self.is_valid()
        found = {}
        for asked in self.asked():
            if asked.is_wrong:
                rows = asked.table.rows if asked.table else []
                lines = [str(error) for row in rows for errors in row.errors.values() for error in errors]
                own = [str(error) for error in asked.field.errors] if asked.field is not None else []
                found[asked.question.key] = " ".join([*own, *lines])
        return found

    def _asked(self, question: Question) -> Asked:
        key = question.key
        held = self.held[key]
        name = f"{key}-vu"
        table = None
        if question.kind is Kind.LINES:
            more = 2 if self._more == key or not held.value else 1
            table = Table(question, held.value, self.data if self.is_bound else None, more=more)
        return Asked(
            question,
            question.label.format(name=self._name),
            held,
            self.data.get(name, held.token) if self.is_bound else held.token,
            None if table else self[key],
            table,
            self[f"{key}-raison"] if f"{key}-raison" in self.fields else None,
            self[f"{key}-partage"] if f"{key}-partage" in self.fields else None,
        )


def initial_of(question: Question, raw: str) -> Any:
    """What the control shows of a raw value."""
    if question.kind in (Kind.SEVERAL, Kind.COMMUNES):
        return raw.split(",") if raw else []
    return value_of(question, raw) if question.kind in (Kind.DATE, Kind.AMOUNT) else raw


def raw_told(question: Question, value: Any) -> str:
    """The raw form of what a field gave."""
    if isinstance(value, list):
        return ",".join(value)
    if question.key == "unique_number":
        return tidy_number(str(value or ""))
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    return raw_of(question, value if isinstance(value, date | Decimal) or value is None else str(value))


def _choice(question: Question, communes: list[tuple[str, str]]) -> forms.Field:
    return _Wider(question)


class _Wider(forms.ChoiceField):
    """A closed list, which also takes what a register wrote of a dwelling, as it stands."""

    def __init__(self, question: Question) -> None:
        made = choice(
            question.label, list(question.choices.items()), nothing=UNKNOWN, required=False, hint=question.hint
        )
        super().__init__(
            label=made.label,
            required=False,
            choices=made.choices,
            help_text=made.help_text,
            error_messages=made.error_messages,
        )
        self.is_open = question.key == "ethos"

    def valid_value(self, value: Any) -> bool:
        return super().valid_value(value) or (self.is_open and str(value)[:1].isdigit())

    def get_bound_field(self, form: forms.Form, field_name: str) -> BoundField:  # type: ignore[override]
        told = form.initial.get(field_name)
        if self.is_open and told and told not in dict(self.choices):  # type: ignore[arg-type]
            self.choices = [*self.choices, (told, told)]  # type: ignore[misc]
        return super().get_bound_field(form, field_name)


def _several(question: Question, communes: list[tuple[str, str]]) -> forms.Field:
    listed = [*question.choices.items(), *(communes if question.kind is Kind.COMMUNES else [])]
    return forms.MultipleChoiceField(
        label=question.label,
        required=False,
        help_text=question.hint,
        choices=listed,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Prenez des valeurs de la liste."},
    )


def _text(question: Question, communes: list[tuple[str, str]]) -> forms.Field:
    return words(question.label, required=False, most=SHORT, hint=question.hint)


def _long(question: Question, communes: list[tuple[str, str]]) -> forms.Field:
    return forms.CharField(
        label=question.label,
        required=False,
        help_text=question.hint,
        widget=forms.Textarea(attrs={"rows": 4}),
        validators=[MaxLengthValidator(LONGEST, TOO_LONG)],  # no `maxlength`: a browser would cut what is pasted
    )


def _amount(question: Question, communes: list[tuple[str, str]]) -> forms.Field:
    return MoneyField(label=question.label, help_text=question.hint)


def _number(question: Question, communes: list[tuple[str, str]]) -> forms.Field:
    said = f"Écrivez un nombre de 0 à {MOST_CHILDREN}."
    return forms.IntegerField(
        label=question.label,
        required=False,
        help_text=question.hint,
        min_value=0,
        max_value=MOST_CHILDREN,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": "Écrivez un nombre entier, par exemple 2.",
            "min_value": said,
            "max_value": said,
        },
    )


def _date(question: Question, communes: list[tuple[str, str]]) -> forms.Field:
    return day(question.label, required=False, hint=question.hint, past=question.past)


_FIELDS: dict[Kind, Callable[[Question, list[tuple[str, str]]], forms.Field]] = {
    Kind.CHOICE: _choice,
    Kind.YES_NO: _choice,
    Kind.SEVERAL: _several,
    Kind.COMMUNES: _several,
    Kind.TEXT: _text,
    Kind.LONG: _long,
    Kind.AMOUNT: _amount,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
}
