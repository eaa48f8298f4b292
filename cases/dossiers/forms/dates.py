"""A date as far as it is known: a day, a month, a year, in one field."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms

from cases.dossiers.models import Precision
from core.forms import DATE_FORMATS

YEAR = re.compile(r"(\d{4})")
MONTH = re.compile(r"(\d{1,2})\s*[/.\- ]\s*(\d{4})")
WRONG = "Écrivez une date qui existe : 04/05/2024, ou 05/2024, ou 2024."
FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class Approximate:
    """From the first to the last day that it may be; one day when it is known."""

    first: date
    last: date
    precision: Precision

    @property
    def stored(self) -> str:
        """As a period's columns say it: nothing when the day is known."""
        return "" if self.precision is Precision.DAY else self.precision.value


class ApproximateField(forms.CharField):
    """« 04/05/2024 », « 05/2024 » or « 2024 », as an `Approximate`; None when it is empty."""

    def __init__(self, *, label: str, required: bool = False, help_text: str = "") -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text or "04/05/2024, ou 05/2024, ou 2024 : ce que l’on sait suffit.",
            max_length=20,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            error_messages={"required": "Écrivez une date, même approximative : 04/05/2024, ou 05/2024, ou 2024."},
        )

    def clean(self, value: Any) -> Approximate | None:
        text = super().clean(value).strip()
        return approximate(text) if text else None


def approximate(text: str) -> Approximate:
    """Read what was typed. Raises `ValidationError` for no date, or one before 1900."""
    if found := YEAR.fullmatch(text):
        year = int(found[1])
        read = _between(year, 1, year, 12, Precision.YEAR)
    elif found := MONTH.fullmatch(text):
        month, year = int(found[1]), int(found[2])
        read = _between(year, month, year, month, Precision.MONTH)
    else:
        day = _day(text)
        read = Approximate(day, day, Precision.DAY)
    if read.first.year < FIRST_YEAR:
        raise forms.ValidationError(WRONG)
    return read


def as_typed(day: date | None, precision: str) -> str:
    """What the field shows of a date that is known so far."""
    if day is None:
        return ""
    shapes = {Precision.YEAR: f"{day.year}", Precision.MONTH: f"{day:%m/%Y}"}
    return shapes.get(Precision(precision), f"{day:%d/%m/%Y}") if precision else f"{day:%d/%m/%Y}"


def _between(year: int, month: int, last_year: int, last_month: int, precision: Precision) -> Approximate:
    try:
        first = date(year, month, 1)
        return Approximate(first, date(last_year, last_month, monthrange(last_year, last_month)[1]), precision)
    except ValueError:
        raise forms.ValidationError(WRONG) from None


def _day(text: str) -> date:
    for shape in DATE_FORMATS:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007  a day has no time zone
        except ValueError:
            continue
    raise forms.ValidationError(WRONG)
