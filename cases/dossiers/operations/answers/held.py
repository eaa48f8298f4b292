"""What is known so far: each answer, wherever it lives, with who wrote it and which revision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from cases.dossiers.models import (
    Answer,
    AnswerBase,
    ChargeLine,
    DebtLine,
    Dossier,
    Evaluation,
    HealthAnswer,
    HousingRequest,
    JusticeAnswer,
    Participant,
    PersonRole,
    ResourceLine,
)
from cases.dossiers.models.lines import LineBase
from cases.dossiers.models.questions import SETTLES, SOCIAL, WRITE_HEALTH, Place, Question, StepOf
from cases.dossiers.operations.answers.raw import NONE_TOLD, Line, mark_of, raw_lines, raw_of
from vault import keys
from vault.models import KeyClass

MODELS: dict[KeyClass, type[AnswerBase]] = {
    KeyClass.SOCIAL: Answer,
    KeyClass.HEALTH: HealthAnswer,
    KeyClass.JUSTICE: JusticeAnswer,
}
LINES: dict[str, type[LineBase]] = {"resources": ResourceLine, "charges": ChargeLine, "debts": DebtLine}


@dataclass(frozen=True, slots=True)
class Held:
    """The answer to a question: its raw value, or why it is empty, or neither. `revision` is 0 when nobody wrote here.

    `is_known_otherwise`: no line is written, but the total is known (a register told it). `shared_on` is of health.
    """

    question: Question
    value: str = ""
    reason: str = ""
    revision: int = 0
    written_by: User | None = None
    written_at: datetime | None = None
    is_known_otherwise: bool = False
    shared_on: Any = None

    @property
    def token(self) -> str:
        """Which answer a page showed: given back with what is written over it."""
        return f"{self.revision}-{mark_of(self.value, self.reason)}"

    @property
    def is_settled(self) -> bool:
        """Answered, or empty for a reason after which one asks no more."""
        return bool(self.value) or self.is_known_otherwise or self.reason in SETTLES


def last_version(dossier: Dossier) -> Evaluation | None:
    """The version being written, or the last frozen one."""
    return Evaluation.objects.filter(dossier=dossier).order_by("-version").first()


def held_of(dossier: Dossier, evaluation: Evaluation | None, questions: Iterable[Question] = SOCIAL) -> dict[str, Held]:
    """The answers of one version to these questions of the household, by key; an empty one for what nobody answered."""
    asked = tuple(questions)
    rows: dict[str, Answer] = {}
    if evaluation is not None:
        found = Answer.objects.filter(evaluation=evaluation, key__in=[question.key for question in asked])
        rows = {row.key: row for row in found.select_related("written_by")}
    request = None
    if any(question.place is Place.REQUEST for question in asked):
        request = HousingRequest.objects.of_titulaires().filter(dossier=dossier).first()
    keys.warm([dossier.household_id], [KeyClass.SOCIAL])
    return {question.key: _held(question, rows.get(question.key), evaluation, request) for question in asked}


def held_apart(dossier: Dossier, step: StepOf, user: User | None) -> dict[str, Held]:
    """The last answer of the titulaire to each question of health or of justice, whichever version says it.

    What was told of who was titulaire before her is that person's: it is neither read nor written over here.

    Who makes a new version may not read them: they are not copied, but looked for. Of health, who may only read sees
    what is shared. `user=None` reads all.
    """
    asked = [question.key for question in step.questions]
    found: Any = MODELS[step.klass]._default_manager.filter(
        dossier=dossier, key__in=asked, subject_id__in=titulaires(dossier)
    )
    if step.klass == KeyClass.HEALTH and user is not None and not user.has_perm(WRITE_HEALTH):
        found = found.filter(shared_on__isnull=False)
    rows = {row.key: row for row in found.select_related("written_by").order_by("evaluation__version", "pk")}
    return {question.key: _from_row(question, rows.get(question.key)) for question in step.questions}


def settled_keys(evaluation: Evaluation | None, questions: Sequence[Question]) -> set[str]:
    """Which of these questions of the household one asks no more; of the columns and of one query, for a page."""
    if evaluation is None:
        return set()
    found = Answer.objects.filter(evaluation=evaluation, key__in=[question.key for question in questions])
    rows = {row.key: row for row in found}
    return {question.key for question in questions if _is_settled(question, rows.get(question.key), evaluation)}


def titulaire_id(dossier: Dossier) -> UUID:
    """Whose health and justice are told."""
    return titulaires(dossier).get()


def titulaires(dossier: Dossier) -> QuerySet[Participant, UUID]:
    """The same, for a query that asks it on its way: one person."""
    return Participant.objects.filter(dossier=dossier, role=PersonRole.TITULAIRE).values_list("person_id", flat=True)


def table_of(evaluation: Evaluation, key: str) -> list[Line]:
    """The lines of one table of a version, in their order."""
    return [_line(row) for row in LINES[key]._default_manager.filter(evaluation=evaluation).order_by("rank")]


def _held(
    question: Question, row: Answer | None, evaluation: Evaluation | None, request: HousingRequest | None
) -> Held:
    base = _from_row(question, row)
    if question.place is Place.ANSWER:
        return base
    known = False
    if question.place is Place.LINES:
        lines = table_of(evaluation, question.key) if evaluation is not None else []
        told_none = row is not None and row.value == NONE_TOLD
        value = raw_lines(lines) if lines or told_none else ""
        column = getattr(evaluation, question.column) if evaluation is not None and question.column else None
        known = not value and column is not None
    else:
        holder: Any = evaluation if question.place is Place.EVALUATION else request
        value = "" if holder is None else raw_of(question, getattr(holder, question.names_a_column))
    return Held(
        question,
        value,
        "" if value or known else base.reason,
        base.revision,
        base.written_by,
        base.written_at,
        known,
    )


def _is_settled(question: Question, row: Answer | None, evaluation: Evaluation) -> bool:
    in_column = question.place in (Place.EVALUATION, Place.LINES)
    if in_column and getattr(evaluation, question.names_a_column, None) is not None:
        return True
    return row is not None and (row.value is not None or row.empty_reason in SETTLES)


def _from_row(question: Question, row: Any) -> Held:
    if row is None:
        return Held(question)
    return Held(
        question,
        row.value or "",
        row.empty_reason or "",
        row.revision,
        row.written_by,
        row.written_at,
        shared_on=getattr(row, "shared_on", None),
    )


def _line(row: Any) -> Line:
    return Line(
        row.nature,
        row.amount,
        getattr(row, "until", None),
        getattr(row, "creditor", None) or "",
        getattr(row, "plan", None) or "",
        getattr(row, "monthly", None),
    )
