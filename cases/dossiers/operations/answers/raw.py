"""Answers as they are kept: short texts without accents nor layout, one form for each kind (`questions.Kind`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.crypto import salted_hmac

from cases.dossiers.models import Commune
from cases.dossiers.models.questions import EmptyReason, Kind, Question
from cases.dossiers.models.questions.lists import CHARGES, DEBTS, PLANS, RESOURCES
from core.errors import OperationRefused

LONGEST = 10_000  # letters of a free text
SHORT = 200
NONE_TOLD = "[]"  # a table that says that there is nothing
DEAREST = Decimal(1_000_000)
MOST_LINES = 30
MOST_CHILDREN = 20
TOO_LONG = "Ce texte est trop long : 10 000 caractères au plus. Coupez-le en deux, ou gardez l’essentiel."


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table. `plan`, `creditor`, `monthly` are of debts; `until` of resources and debts."""

    nature: str
    amount: Decimal
    until: date | None = None
    creditor: str = ""
    plan: str = ""
    monthly: Decimal | None = None


NATURES = {"resources": RESOURCES, "charges": CHARGES, "debts": DEBTS}


def mark_of(value: str, reason: str) -> str:
    """A mark of an answer, which tells nothing of it: a page carries it, and gives it back."""
    return salted_hmac("dossiers.answer", f"{reason}|{value}", algorithm="sha256").hexdigest()[:16]


def lines_of(value: str) -> list[Line]:
    """The lines of a table, from its raw form."""
    return [
        Line(
            told["nature"],
            Decimal(told["amount"]),
            date.fromisoformat(told["until"]) if told.get("until") else None,
            told.get("creditor", ""),
            told.get("plan", ""),
            Decimal(told["monthly"]) if told.get("monthly") else None,
        )
        for told in json.loads(value or NONE_TOLD)
    ]


def raw_lines(lines: list[Line]) -> str:
    """The raw form of a table: what is empty is left out, so that the same lines are always written alike."""
    told = []
    for line in lines:
        row = {"nature": line.nature, "amount": _plain(line.amount)}
        row |= {"until": line.until.isoformat()} if line.until else {}
        row |= {"creditor": line.creditor} if line.creditor else {}
        row |= {"plan": line.plan} if line.plan else {}
        row |= {"monthly": _plain(line.monthly)} if line.monthly is not None else {}
        told.append(row)
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def raw_of(question: Question, value: Any) -> str:
    """The raw form of a value of a column; nothing for what is not known."""
    if value is None or value == "":
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return _plain(value) if isinstance(value, Decimal) else str(value)


def value_of(question: Question, raw: str) -> Any:
    """The value that a column keeps, from its raw form; `None` for nothing."""
    if not raw:
        return None
    if question.kind is Kind.DATE:
        return date.fromisoformat(raw)
    return Decimal(raw) if question.kind is Kind.AMOUNT else raw


def require_sound(question: Question, value: str, reason: str) -> None:
    """Raise `OperationRefused` for a raw form that no page could have written: a form told the person kindly before."""
    if reason and (reason not in EmptyReason.values or not question.may_be_empty_with_reason):
        raise OperationRefused("Prenez une raison de la liste.")
    if value and reason:
        raise OperationRefused("Donnez une réponse, ou une raison de la laisser vide : pas les deux.")
    if value:
        _CHECKS[question.kind](question, value)


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _choice(question: Question, value: str) -> None:
    # what a register wrote of a dwelling is kept as it was written
    if value not in question.choices and question.key != "ethos":
        raise OperationRefused("Prenez une valeur de la liste.")


def _several(question: Question, value: str) -> None:
    if not set(value.split(",")) <= question.choices.keys():
        raise OperationRefused("Prenez des valeurs de la liste.")


def _communes(question: Question, value: str) -> None:
    codes = set(value.split(",")) - question.choices.keys()
    if Commune.objects.filter(code__in=codes).count() != len(codes):
        raise OperationRefused("Prenez des communes de la liste.")


def _short(question: Question, value: str) -> None:
    if len(value) > SHORT:
        raise OperationRefused(f"Ce texte est trop long : {SHORT} caractères au plus.")


def _long(question: Question, value: str) -> None:
    if len(value) > LONGEST:
        raise OperationRefused(TOO_LONG)


def _amount(question: Question, value: str) -> None:
    _require_money(value)


def _number(question: Question, value: str) -> None:
    if not value.isdecimal() or int(value) > MOST_CHILDREN:
        raise OperationRefused(f"Écrivez un nombre de 0 à {MOST_CHILDREN}.")


def _date(question: Question, value: str) -> None:
    try:
        told = date.fromisoformat(value)
    except ValueError:
        raise OperationRefused("Écrivez une date qui existe, par exemple 04/05/2026.") from None
    if question.past and told > timezone.localdate():
        raise OperationRefused("Écrivez une date passée, ou celle d’aujourd’hui.")


def _lines(question: Question, value: str) -> None:
    try:
        lines = lines_of(value)
    except (ValueError, KeyError, TypeError, InvalidOperation):
        raise OperationRefused("Ces lignes ne se lisent pas : écrivez-les de nouveau.") from None
    if len(lines) > MOST_LINES:
        raise OperationRefused(f"Écrivez {MOST_LINES} lignes au plus.")
    for line in lines:
        if line.nature not in NATURES[question.key] or (line.plan and line.plan not in PLANS):
            raise OperationRefused("Prenez une nature de la liste.")
        if len(line.creditor) > SHORT:
            raise OperationRefused(f"Ce texte est trop long : {SHORT} caractères au plus.")
        for amount in (line.amount, line.monthly):
            if amount is not None:
                _require_money(str(amount))


def _require_money(text: str) -> None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise OperationRefused("Écrivez un montant en euros, par exemple 607,75.") from None
    if not amount.is_finite() or amount < 0 or amount > DEAREST or amount != round(amount, 2):
        raise OperationRefused("Écrivez un montant positif, en euros et centimes.")


_CHECKS: dict[Kind, Callable[[Question, str], None]] = {
    Kind.CHOICE: _choice,
    Kind.YES_NO: _choice,
    Kind.SEVERAL: _several,
    Kind.COMMUNES: _communes,
    Kind.TEXT: _short,
    Kind.LONG: _long,
    Kind.AMOUNT: _amount,
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.LINES: _lines,
}
