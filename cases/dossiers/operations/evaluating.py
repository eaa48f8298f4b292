"""Writing what the SIAO learns of a household: the evaluation, where a person lives, a fact of her life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import (
    Dossier,
    Evaluation,
    EventKind,
    FactCode,
    HousingRequest,
    Person,
    PersonRole,
    ResidentialSituation,
    Source,
    State,
)
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.facts import NewFact, state_fact
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

# until the presentation; from EVALUE on, a change is the next version
WRITABLE = frozenset({State.EN_EVALUATION, State.A_COMPLETER, State.EVALUE, State.PRET})
CHANGED = (
    "Quelqu’un a écrit dans cette évaluation depuis que vous l’avez ouverte. Vos réponses sont gardées ci-dessous : "
    "comparez-les à la page du dossier, puis enregistrez de nouveau."
)
ANSWERS = ("evaluated_on", "household_type", "resource", "resources", "rent_debt", "ethos", "adhesion")


@dataclass(frozen=True, slots=True)
class NewEvaluation:
    """All the answers of an evaluation, unknown ones empty. Amounts are euros per month; codes are `choices.py`’s."""

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


@dataclass(frozen=True, slots=True)
class NewResidence:
    """Where a person lived: an ETHOS code and its label, and the dates that are known."""

    ethos: str
    started_on: date | None = None
    ended_on: date | None = None
    seen_on: date | None = None


def answers_of(dossier: Dossier) -> dict[str, Any]:
    """What is known, under the names of `NewEvaluation`; nothing of what is not."""
    evaluation = Evaluation.objects.filter(dossier=dossier).order_by("-version").first()
    request = HousingRequest.objects.filter(dossier=dossier).order_by("recorded_at").first()
    told: dict[str, Any] = {}
    if evaluation is not None:
        told = {name: getattr(evaluation, name) for name in (*ANSWERS, "children")}
    if request is not None:
        told |= {
            "unique_number": request.number,
            "missing_reason": request.missing_reason,
            "renewed_on": request.renewed_on,
        }
    return told


def mark_of(answers: dict[str, Any]) -> str:
    """A mark of these answers, which tells nothing of them: two people who read the same have the same."""
    known = {name: str(value) for name, value in answers.items() if value not in (None, "")}
    return salted_hmac("dossiers.evaluation", repr(sorted(known.items())), algorithm="sha256").hexdigest()[:32]


@transaction.atomic
def write_evaluation(dossier_id: UUID, told: NewEvaluation, *, by: User | None, seen: str | None = None) -> Evaluation:
    """Write the answers: into the version being written, else into the next one when the last is frozen.

    `seen` is the mark of the answers that the person had before her. Raises `OperationRefused` when they have changed
    since, outside the time of evaluation, and for a date to come.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if dossier.state not in WRITABLE:
        raise OperationRefused("L’évaluation s’écrit de son début à la présentation : commencez-la, ou reprenez-la.")
    if told.evaluated_on is not None and told.evaluated_on > timezone.localdate():
        raise OperationRefused("Écrivez la date de l’évaluation : elle a déjà eu lieu.")
    if seen is not None and seen != mark_of(answers_of(dossier)):
        raise OperationRefused(CHANGED)
    evaluation = _version(dossier, by)
    for name in ANSWERS:
        setattr(evaluation, name, getattr(told, name))
    evaluation.children = None if told.children is None else str(told.children)
    evaluation.save()
    titulaire = _titulaire(dossier)
    HousingRequest.objects.filter(dossier=dossier, person=titulaire).update(renewed_on=told.renewed_on)
    request = HousingRequest.objects.get(dossier=dossier, person=titulaire)
    request.number, request.missing_reason = told.unique_number, told.missing_reason
    request.save(update_fields=["number", "missing_reason"])
    if told.ethos is not None:
        _see(dossier, titulaire, told.ethos, told.evaluated_on)
    journal.record("evaluation.written", target=evaluation.pk, dossier=dossier.pk, by=by, version=evaluation.version)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return evaluation


@transaction.atomic
def note_residence(dossier_id: UUID, told: NewResidence, *, by: User | None) -> ResidentialSituation:
    """A dated situation of the titulaire, on her path."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    titulaire = _titulaire(dossier)
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


def _version(dossier: Dossier, by: User | None) -> Evaluation:
    last = Evaluation.objects.filter(dossier=dossier).order_by("-version").first()
    if last is not None and last.frozen_at is None:
        return last
    return Evaluation(
        subject_id=dossier.household_id,
        dossier=dossier,
        version=last.version + 1 if last else 1,
        source=Source.ACT,
        recorded_at=timezone.now(),
        recorded_by=by,
    )


def _titulaire(dossier: Dossier) -> Person:
    return Person.objects.get(participations__dossier=dossier, participations__role=PersonRole.TITULAIRE)


def _see(dossier: Dossier, person: Person, ethos: str, seen_on: date | None) -> None:
    """What an evaluation says of the dwelling is a sight on that day, told once."""
    seen = ResidentialSituation.objects.filter(dossier=dossier, person=person, seen_on=seen_on, source=Source.ACT)
    row = seen.first() or ResidentialSituation(
        subject_id=person.pk,
        dossier=dossier,
        person=person,
        seen_on=seen_on,
        source=Source.ACT,
        recorded_at=timezone.now(),
    )
    row.ethos = ethos
    row.save()
