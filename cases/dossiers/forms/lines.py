"""A small table of a step: a form for each line, and the words that say that there is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from cases.dossiers.models.questions import Question
from cases.dossiers.models.questions.lists import PLANS
from cases.dossiers.operations.answers import Line, lines_of, raw_lines
from cases.dossiers.operations.answers.raw import MOST_LINES, NONE_TOLD
from core.forms import MoneyField, choice, day, words

NONE_WORDS = {"resources": "Aucune ressource", "charges": "Aucune charge", "debts": "Aucune dette"}
AMOUNTS = {"resources": "Par mois", "charges": "Par mois", "debts": "Montant dû"}
CHOOSE = "Choisir"
HALF = "Dites aussi la nature."
NO_AMOUNT = "Dites aussi le montant, 0 s’il n’y a rien."


class LineForm(forms.Form):
    """One line. Empty, it is no line; half filled, it says what is missing."""

    def __init__(self, question: Question, number: int, data: Any, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, prefix=f"{question.key}-{number}", initial=initial)
        self.number = number
        self.fields["nature"] = choice("Nature", list(question.choices.items()), nothing=CHOOSE, required=False)
        if question.key == "debts":
            self.fields["creditor"] = words("Créancier", required=False, most=200)
        self.fields["amount"] = MoneyField(label=AMOUNTS[question.key])
        if question.key == "debts":
            self.fields["plan"] = choice("Plan", list(PLANS.items()), nothing=CHOOSE, required=False)
            self.fields["monthly"] = MoneyField(label="Par mois")
        if question.key != "charges":
            self.fields["until"] = day("Jusqu’au", required=False)
            self.fields["until"].help_text = ""

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not self.is_empty:
            if not told.get("nature") and "nature" not in self.errors:
                self.add_error("nature", HALF)
            if told.get("amount") is None and "amount" not in self.errors:
                self.add_error("amount", NO_AMOUNT)
        return told

    @property
    def is_empty(self) -> bool:
        """Nothing was written on it."""
        return not any(str(self.data.get(self.add_prefix(name), "")).strip() for name in self.fields)

    @property
    def line(self) -> Line:
        """What it says, once it is sound."""
        told = self.cleaned_data
        return Line(
            told["nature"],
            told["amount"],
            told.get("until"),
            told.get("creditor") or "",
            told.get("plan") or "",
            told.get("monthly"),
        )


class Table:
    """The lines of one question: bound to what was sent, or showing what is known with `more` empty lines."""

    def __init__(self, question: Question, value: str, data: Any = None, *, more: int = 1) -> None:
        self.question, self.value, self.data = question, value, data
        self.none_label, self.none_name = NONE_WORDS[question.key], f"{question.key}-aucune"
        self.count_name = f"{question.key}-lignes"
        if data is None:
            known = [_initial(line) for line in lines_of(value)]
            wanted = min(len(known) + more, MOST_LINES)
            self.says_none = value == NONE_TOLD
            self.rows = [LineForm(question, n, None, known[n] if n < len(known) else None) for n in range(wanted)]
        else:
            self.says_none = self.none_name in data
            self.rows = [LineForm(question, n, data) for n in range(_count(data.get(self.count_name, "0")))]

    @property
    def columns(self) -> list[str]:
        """Heads of the table."""
        first = self.rows[0] if self.rows else LineForm(self.question, 0, None)
        return [str(field.label) for field in first.fields.values()]

    @property
    def total(self) -> Decimal | None:
        """The sum of what is known; nothing while it is being mended."""
        known = lines_of(self.value) if self.data is None and self.value else []
        return sum((line.amount for line in known), Decimal(0)) if known else None

    @property
    def errors(self) -> bool:
        """Some line is half filled or wrong: the table waits, the other answers do not."""
        return any(not row.is_valid() for row in self.rows)

    @property
    def raw(self) -> str:
        """The raw form of what was sent: lines win over « none »."""
        lines = [row.line for row in self.rows if not row.is_empty]
        return raw_lines(lines) if lines or self.says_none else ""


def _count(told: str) -> int:
    return min(int(told), MOST_LINES) if told.isdecimal() else 0


def _initial(line: Line) -> dict[str, Any]:
    return {
        "nature": line.nature,
        "amount": line.amount,
        "until": line.until,
        "creditor": line.creditor,
        "plan": line.plan,
        "monthly": line.monthly,
    }
