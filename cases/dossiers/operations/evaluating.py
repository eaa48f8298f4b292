"""Writing what the SIAO learns of a household: the evaluation, where a person lives, a fact of her life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import (
    Dossier,
    Evaluation,
    EventKind,
    FactCode,
    HousingRequest,
    ResidentialSituation,
    Source,
)
from cases.dossiers.models.questions import QUESTIONS
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.answers.held import LINES, held_of
from cases.dossiers.operations.answers.places import put, see_dwelling, titulaire_of
from cases.dossiers.operations.answers.raw import require_sound
from cases.dossiers.operations.answers.versions import open_version, require_writable
from cases.dossiers.operations.facts import NewFact, state_fact
from cases.dossiers.operations.indexing import ask_to_look, index_person
from cases.dossiers.operations.telling import tell_members
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

ANSWERS = ("evaluated_on", "household_type", "resource", "resources", "rent_debt", "ethos", "adhesion")


@dataclass(frozen=True, slots=True)
class NewEvaluation:
    """What figures count of an evaluation, unknown ones empty. Amounts are euros per month; codes are `choices.py`’s.

    `answers` are other ones, in their raw form, by the keys of their questions; those that are not given stay.
    """

    evaluated_on: date | None = None
    household_type: str | None = None
    children: int | None = None
    resource: str | None = None
    resources: Decimal | None = None
    rent_debt: Decimal | None = None
    ethos: str | None = None
    adhesion: str | None = None
    unique_number: str | None = None
    missing_reason: str | None = None
    renewed_on: date | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewResidence:
    """Where a person lived: an ETHOS code and its label, and the dates that are known."""

    ethos: str
    started_on: date | None = None
    ended_on: date | None = None
    seen_on: date | None = None


@transaction.atomic
def write_evaluation(dossier_id: UUID, told: NewEvaluation, *, by: User | None) -> Evaluation:
    """Write the answers: into the version being written, else into the next one when the last is frozen.

    A whole evaluation at once, as the drawn population lives it; pages write answer by answer (`answers.writing`).
    Raises `OperationRefused` outside the time of evaluation, and for a date to come.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    require_writable(dossier)
    if told.evaluated_on is not None and told.evaluated_on > timezone.localdate():
        raise OperationRefused("Écrivez la date de l’évaluation : elle a déjà eu lieu.")
    evaluation = open_version(dossier, by=by)
    _drop_other_lines(evaluation, told)
    for name in ANSWERS:
        setattr(evaluation, name, getattr(told, name))
    evaluation.children = None if told.children is None else str(told.children)
    evaluation.save()
    titulaire = titulaire_of(dossier)
    HousingRequest.objects.filter(dossier=dossier, person=titulaire).update(renewed_on=told.renewed_on)
    request = HousingRequest.objects.get(dossier=dossier, person=titulaire)
    is_new_number = request.number != told.unique_number
    request.number, request.missing_reason = told.unique_number, told.missing_reason
    request.save(update_fields=["number", "missing_reason"])
    if is_new_number:
        index_person(titulaire.pk)
        ask_to_look(dossier.pk)
    if told.ethos is not None:
        see_dwelling(dossier, titulaire, told.ethos, told.evaluated_on)
    _write_others(dossier, evaluation, told.answers, by)
    journal.record("evaluation.written", target=evaluation.pk, dossier=dossier.pk, by=by, version=evaluation.version)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    tell_members(dossier)
    return evaluation


@transaction.atomic
def note_residence(dossier_id: UUID, told: NewResidence, *, by: User | None) -> ResidentialSituation:
    """A dated situation of the titulaire, on her path."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    titulaire = titulaire_of(dossier)
    row = ResidentialSituation(
        subject_id=titulaire.pk,
        dossier=dossier,
        person=titulaire,
        ethos=told.ethos,
        started_on=told.started_on,
        ended_on=told.ended_on,
        seen_on=told.seen_on,
        source=Source.ACT,
        recorded_at=timezone.now(),
    )
    row.save(force_insert=True)
    journal.record("residence.noted", target=row.pk, dossier=dossier.pk, by=by)
    return row


@transaction.atomic
def note_fact(dossier_id: UUID, code: FactCode, *, on: date | None, by: User | None) -> None:
    """Something happened beside the path: a job found again, rights opened. It never ends anything."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    state_fact(dossier, NewFact(EventKind.FACT, on, detail=code), by=by)
    journal.record("fact.noted", target=dossier.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))


def _drop_other_lines(evaluation: Evaluation, told: NewEvaluation) -> None:
    """A total that is told otherwise than its lines stands in their place."""
    for name, key in (("resources", "resources"), ("rent_debt", "debts")):
        if getattr(told, name) != getattr(evaluation, name):
            LINES[key]._default_manager.filter(evaluation=evaluation).delete()


def _write_others(dossier: Dossier, evaluation: Evaluation, answers: Mapping[str, str], by: User | None) -> None:
    asked = [QUESTIONS[key] for key in answers]
    held = held_of(dossier, evaluation, asked) if asked else {}
    for question in asked:
        if (value := answers[question.key]) != held[question.key].value:
            require_sound(question, value, "")
            put(evaluation, held[question.key], value, "", by=by, at=timezone.now())
