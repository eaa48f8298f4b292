"""Where each answer is put: a row of its own, a column that figures read, lines and their total."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import (
    Answer,
    AnswerBase,
    Dossier,
    Evaluation,
    HealthAnswer,
    HousingRequest,
    Participant,
    Person,
    PersonRole,
    ResidentialSituation,
    Resource,
    Source,
)
from cases.dossiers.models.questions import Place
from cases.dossiers.models.questions.lists import NATURES
from cases.dossiers.models.requests import tidy_number
from cases.dossiers.operations.answers.held import LINES, MODELS, Held, titulaires
from cases.dossiers.operations.answers.raw import NONE_TOLD, Line, lines_of, value_of
from cases.dossiers.operations.indexing import ask_to_look, index_person

RENT = "LOYER"  # among debts, the one that figures and fiches tell


def put(evaluation: Evaluation, held: Held, value: str, reason: str, *, by: User | None, at: datetime) -> None:
    """Put one answer of the household in its place. The columns of `evaluation` are set; the caller saves it."""
    question = held.question
    kept: str | None = value or None
    if question.place is Place.EVALUATION:
        _put_column(evaluation, question.key, value_of(question, value))
        kept = None
    elif question.place is Place.REQUEST:
        _put_request(evaluation.dossier, question.names_a_column, value_of(question, value))
        kept = None
    elif question.place is Place.LINES:
        _put_lines(evaluation, question.key, value)
        kept = NONE_TOLD if value == NONE_TOLD else None
    row = Answer.objects.filter(evaluation=evaluation, key=question.key).first()
    row = row or Answer(
        subject_id=evaluation.subject_id, evaluation=evaluation, dossier=evaluation.dossier, key=question.key
    )
    _sign(row, kept, reason, held, by, at)


def put_apart(evaluation: Evaluation, person: UUID, held: Held, told: Any, *, by: User | None, at: datetime) -> None:
    """Put an answer of `person`'s health or justice, beside another's in the same version if need be.

    An agreement to share is for the text agreed upon, and no other.
    """
    question = held.question
    model = MODELS[question.klass]
    hers: Any = model._default_manager.filter(dossier=evaluation.dossier, key=question.key, subject_id=person)
    row: Any = hers.filter(evaluation=evaluation).first()
    row = row or model(subject_id=person, evaluation=evaluation, dossier=evaluation.dossier, key=question.key)
    if isinstance(row, HealthAnswer):
        is_the_same = (told.value, told.reason) == (held.value, held.reason)
        agreed_on = (held.shared_on if is_the_same else None) or timezone.localdate()
        row.shared_on = agreed_on if told.shared else None
        hers.filter(shared_on__isnull=False).exclude(pk=row.pk).update(shared_on=None)
    _sign(row, told.value or None, told.reason, held, by, at)


def stop_sharing(dossier: Dossier) -> int:
    """The titulaire takes her agreement back: nothing of her health is shared from now on. How many answers closed."""
    hers = HealthAnswer.objects.filter(dossier=dossier, subject_id__in=titulaires(dossier))
    return hers.filter(shared_on__isnull=False).update(shared_on=None)


def income_of(lines: list[Line], today: date) -> tuple[Resource, Decimal]:
    """The nature and the total of what still runs that day."""
    running = [line for line in lines if line.until is None or line.until >= today]
    natures = {Resource(NATURES.get(line.nature, line.nature)) for line in running}
    if not natures:
        return Resource.SANS_RESSOURCE, Decimal(0)
    nature = natures.pop() if len(natures) == 1 else Resource.MIXTE
    return nature, sum((line.amount for line in running), Decimal(0))


def rent_debt_of(lines: list[Line]) -> Decimal:
    """What is owed for rent."""
    return sum((line.amount for line in lines if line.nature == RENT), Decimal(0))


def see_dwelling(dossier: Dossier, person: Person, ethos: str, seen_on: date | None) -> None:
    """What an evaluation says of the dwelling is a sight on that day, told once."""
    standing = ResidentialSituation.objects.standing().filter(dossier=dossier, person=person)
    seen = standing.filter(seen_on=seen_on, source=Source.ACT)
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


def titulaire_of(dossier: Dossier) -> Person:
    """The person whose name the dossier bears."""
    return Person.objects.get(participations__dossier=dossier, participations__role=PersonRole.TITULAIRE)


def _sign(row: AnswerBase, value: str | None, reason: str, held: Held, by: User | None, at: datetime) -> None:
    row.value, row.empty_reason = value, None if value else (reason or None)
    row.revision, row.written_by, row.written_at = held.revision + 1, by, at
    row.save()


def _put_column(evaluation: Evaluation, name: str, value: Any) -> None:
    before = evaluation.evaluated_on
    setattr(evaluation, name, value)
    if name not in ("ethos", "evaluated_on") or not (evaluation.ethos and evaluation.evaluated_on):
        return
    person = titulaire_of(evaluation.dossier)
    if name == "evaluated_on" and before is not None:  # the same sight, on another day
        seen = ResidentialSituation.objects.filter(dossier=evaluation.dossier, person=person, source=Source.ACT)
        seen.filter(seen_on=before).update(seen_on=value)
    see_dwelling(evaluation.dossier, person, evaluation.ethos, evaluation.evaluated_on)


def _put_request(dossier: Dossier, name: str, value: Any) -> None:
    request = HousingRequest.objects.of_titulaires().filter(dossier=dossier).first()
    if request is None:
        holder = Participant.objects.get(dossier=dossier, role=PersonRole.TITULAIRE)
        request = HousingRequest(
            subject_id=holder.person_id, dossier=dossier, person_id=holder.person_id, recorded_at=timezone.now()
        )
    if name == "number" and value is not None:
        value = tidy_number(value)
        request.missing_reason = None
    setattr(request, name, value)
    request.save()
    if name == "number":
        index_person(request.person_id)
        ask_to_look(dossier.pk)


def _put_lines(evaluation: Evaluation, key: str, value: str) -> None:
    """The table as it is now, and its total; emptied without a word, the total is unknown again."""
    model: Any = LINES[key]
    model._default_manager.filter(evaluation=evaluation).delete()
    lines = lines_of(value)
    names = {field.name for field in model._meta.concrete_fields}
    for rank, line in enumerate(lines, start=1):
        more = {name: getattr(line, name) or None for name in ("until", "creditor", "plan") if name in names} | (
            {"monthly": line.monthly} if "monthly" in names else {}
        )
        model(
            id=uuid4(),
            subject_id=evaluation.subject_id,
            evaluation=evaluation,
            dossier=evaluation.dossier,
            rank=rank,
            nature=line.nature,
            amount=line.amount,
            **more,
        ).save(force_insert=True)
    if key == "resources":
        nature, total = income_of(lines, timezone.localdate())
        evaluation.resource = nature.value if value else None
        evaluation.resources = total if value else None
    elif key == "debts":
        evaluation.rent_debt = rent_debt_of(lines) if value else None
