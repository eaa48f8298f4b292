"""Fields as people write them, and the page of a form: a wrong answer loses nothing, a refusal is a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django_fsm import TransitionNotAllowed

from core.components import Entry
from core.errors import OperationRefused
from core.http import CHANGED, sentence_of

DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%d/%m/%y"]
EXAMPLE = "04/05/2026"
BLANKS = str.maketrans("", "", " \u00a0\u202f€")


class MoneyField(forms.DecimalField):
    """Euros with two decimals at most: « 1 180,50 », « 1180.5 », « 1 180,50 € »."""

    def __init__(self, *, label: str, required: bool = False, help_text: str = "") -> None:
        super().__init__(
            label=label,
            required=required,
            help_text=help_text,
            min_value=0,
            max_value=100_000,
            decimal_places=2,
            localize=True,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            error_messages={
                "invalid": "Écrivez un montant en euros, par exemple 607,75.",
                "min_value": "Écrivez un montant positif.",
                "max_value": "Écrivez un montant de 100 000 € au plus.",
                "max_decimal_places": "Écrivez deux décimales au plus, par exemple 607,75.",
            },
        )

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.translate(BLANKS) if isinstance(value, str) else value)


def day(label: str, *, required: bool = True, hint: str = "", past: bool = False) -> forms.DateField:
    """A date in one field; `past` refuses a date to come."""
    return forms.DateField(
        label=label,
        required=required,
        input_formats=DATE_FORMATS,
        help_text=hint or f"Jour, mois, année, par exemple {EXAMPLE}.",
        validators=[not_to_come] if past else [],
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": f"Écrivez une date, par exemple {EXAMPLE}.",
            "invalid": f"Écrivez une date qui existe, par exemple {EXAMPLE}.",
        },
    )


def choice(
    label: str, choices: Sequence[tuple[str, str]], *, nothing: str = "", required: bool = True, hint: str = ""
) -> forms.ChoiceField:
    """One of a closed list, `nothing` being the line that chooses none."""
    return forms.ChoiceField(
        label=label,
        required=required,
        help_text=hint,
        choices=[("", nothing), *choices] if nothing else choices,
        error_messages={"required": "Choisissez dans la liste.", "invalid_choice": "Prenez une valeur de la liste."},
    )


def words(
    label: str, *, required: bool = True, most: int = 100, hint: str = "", needed: str = "Écrivez ce champ."
) -> forms.CharField:
    """A short text."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=most,
        help_text=hint,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": needed, "max_length": f"Ce texte est trop long : {most} caractères au plus."},
    )


def not_to_come(value: date) -> None:
    """A date of today or before."""
    if value > timezone.localdate():
        raise forms.ValidationError("Écrivez une date passée, ou celle d’aujourd’hui.")


@dataclass(frozen=True, slots=True)
class Page:
    """What stands around a form: its title, what will follow, the words of its button, where it comes back."""

    heading: str
    action: str
    back: str
    icon: str = ""
    lead: str = ""
    text: str = ""
    trail: Sequence[Entry] = ()


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, even when nothing was filled; nothing when the page is only asked for."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: HttpRequest,
    form: forms.Form,
    page: Page,
    do: Callable[[dict[str, Any]], tuple[str, str]],
    *,
    template: str = "core/form_page.html",
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show `form`, or do what it asks: `do` returns the sentence to say and the address to go to.

    `template` extends the page of a form, and is given what is in `more`.
    """
    if request.method == "POST" and form.is_valid():
        try:
            sentence, address = do(form.cleaned_data)
        except OperationRefused as refusal:
            form.add_error(None, str(refusal))
        except TransitionNotAllowed:
            messages.warning(request, CHANGED)
            return redirect(page.back)
        except IntegrityError as error:
            form.add_error(None, sentence_of(error))
        else:
            messages.success(request, sentence)
            return redirect(address)
    return show_form(request, form, page, template=template, more=more)


def show_form(
    request: HttpRequest,
    form: forms.Form,
    page: Page,
    *,
    template: str = "core/form_page.html",
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """One question on one page, with what was answered wrongly."""
    status = 422 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, "page": page, **(more or {})}, status=status)
