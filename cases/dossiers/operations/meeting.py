"""Meeting somebody again, and learning her name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import Commune, Dossier, DossierEvent, EventKind, FactCode, Person, PersonRole, State
from cases.dossiers.operations.entry import FUTURE, MEET, where_and_when
from cases.dossiers.operations.facts import NewFact, state_fact
from cases.dossiers.operations.indexing import index_person
from cases.dossiers.operations.likeness import look_for_likenesses
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

CLOSED = "Ce dossier est clos : prévenez le SIAO, qui peut le rouvrir."


@dataclass(frozen=True, slots=True)
class Meeting:
    """When and where somebody was met again; `note` is free text."""

    met_at: datetime
    commune: Commune | None = None
    place: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class NewName:
    """What somebody says of herself."""

    last_name: str
    first_name: str | None = None
    birth_date: date | None = None
    sex: str | None = None


@transaction.atomic
def meet_again(dossier_id: UUID, meeting: Meeting, *, by: User | None) -> DossierEvent:
    """The household was met once more: a dated fact, with its time and place.

    Raises `OperationRefused` for a moment to come, and on a closed dossier.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, MEET, dossier)
    if dossier.state == State.CLOS:
        raise OperationRefused(CLOSED)
    if meeting.met_at > timezone.now():
        raise OperationRefused(FUTURE)
    words = [where_and_when(meeting.met_at, meeting.commune, meeting.place), (meeting.note or "").strip()]
    told = " ".join(part for part in words if part)
    on = timezone.localdate(meeting.met_at)
    fact = state_fact(dossier, NewFact(EventKind.FACT, on, detail=FactCode.RENCONTRE, note=told), by=by)
    journal.record("dossier.met_again", target=fact.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return fact


@transaction.atomic
def give_name(dossier_id: UUID, told: NewName, *, by: User | None) -> Person:
    """The titulaire, who had none, has a name; what one knew her by is kept.

    Raises `OperationRefused` when she has a name already, without words, for a birth to come, and on a closed dossier.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, MEET, dossier)
    if dossier.state == State.CLOS:
        raise OperationRefused(CLOSED)
    person = Person.objects.get(participations__dossier=dossier, participations__role=PersonRole.TITULAIRE)
    if person.is_named:
        raise OperationRefused("Cette personne a déjà un nom dans Seuil. Le référent du dossier peut le corriger.")
    if not told.last_name.strip():
        raise OperationRefused("Écrivez le nom que la personne donne.")
    if told.birth_date is not None and told.birth_date > timezone.localdate():
        raise OperationRefused("Écrivez une date de naissance passée.")
    person.last_name = told.last_name.strip()
    known = {"first_name": told.first_name, "birth_date": told.birth_date, "sex": told.sex}
    given = {name: value for name, value in known.items() if value}
    for name, value in given.items():
        setattr(person, name, value)
    person.save(update_fields=["last_name", *given])
    index_person(person.pk)
    look_for_likenesses(dossier.pk, by)
    journal.record("dossier.named", target=person.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return person
