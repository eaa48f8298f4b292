"""Answers in words: as a page reads them aloud, alone or beside another version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils import timezone

from cases.dossiers.models import Commune, Person, Sex
from cases.dossiers.models.questions import EmptyReason, Kind, Question
from cases.dossiers.models.questions.lists import PLANS
from cases.dossiers.operations.answers import Held, Line, lines_of
from cases.dossiers.operations.answers.raw import NONE_TOLD
from core.typography import day_and_month, euros

NOTHING = "non renseigné"
NO_LINE = {"resources": "aucune ressource", "charges": "aucune charge", "debts": "aucune dette"}
COURTESY = {Sex.F: "Mme", Sex.M: "M."}


def said(question: Question, value: str, reason: str = "", *, communes: Mapping[str, str]) -> list[str]:
    """An answer as lines of text; one that is empty says why, or « non renseigné »."""
    if not value:
        return [str(EmptyReason(reason).label)] if reason in EmptyReason.values else [NOTHING]
    if question.kind is Kind.LINES:
        return [NO_LINE[question.key]] if value == NONE_TOLD else [line_words(question, x) for x in lines_of(value)]
    if question.kind is Kind.LONG:
        return value.split("\n")
    return [_short(question, value, communes)]


def held_words(held: Held, *, communes: Mapping[str, str]) -> list[str]:
    """The same, of what is known."""
    if held.is_known_otherwise:
        return ["total connu, sans le détail"]
    return said(held.question, held.value, held.reason, communes=communes)


def line_words(question: Question, line: Line) -> str:
    """« RSA : 785,52 € par mois, jusqu’au 31 janvier »."""
    told = [question.choices.get(line.nature, line.nature)]
    if question.key == "debts":
        parts = [euros(line.amount), line.creditor, PLANS.get(line.plan, "").lower()]
        parts += [f"{euros(line.monthly)} par mois"] if line.monthly is not None else []
    else:
        parts = [f"{euros(line.amount)} par mois"]
    parts += [f"jusqu’au {_day(line.until)}"] if line.until else []
    return f"{told[0]} : {', '.join(part for part in parts if part)}"


def communes_by_code() -> dict[str, str]:
    """Names of the communes, by code."""
    return dict(Commune.objects.filter(is_active=True).values_list("code", "name"))


def courtesy(person: Person | None) -> str:
    """« Mme Diallo », for a label; « la personne » for who may not read names."""
    if person is None:
        return "la personne"
    title = COURTESY.get(Sex(person.sex), "") if person.sex in Sex.values else ""
    return f"{title} {person.last_name}" if title and person.last_name else person.name


def _short(question: Question, value: str, communes: Mapping[str, str]) -> str:
    if question.kind is Kind.AMOUNT:
        return euros(Decimal(value))
    if question.kind is Kind.DATE:
        return _day(date.fromisoformat(value))
    if question.kind in (Kind.SEVERAL, Kind.COMMUNES):
        return ", ".join(question.choices.get(code) or communes.get(code, code) for code in value.split(","))
    return question.choices.get(value, value)


def _day(day: date) -> str:
    return day_and_month(day, today=timezone.localdate())
