"""A person's residential path: a period is added, corrected by another, ended, copied to who lived there too."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import Dossier, Participant, Person, Precision, ResidentialSituation, Source, Told
from cases.dossiers.operations.acts import INSTRUCT
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

NOT_HERS = "Cette personne n’est pas du ménage de ce dossier."
CHANGED = "Cette période a été corrigée ou retirée depuis. Rechargez la page : voici le parcours tel qu’il est."


@dataclass(frozen=True, slots=True)
class NewPeriod:
    """Where a person lived: an ETHOS code and its label, days that may not be known, who told of it.

    A start known to the month or year is its first day, an end its last; a precision says so (`Precision`).
    """

    ethos: str
    started_on: date | None = None
    ended_on: date | None = None
    started_precision: str = ""
    ended_precision: str = ""
    told_by: str = ""
    seen_on: date | None = None  # a day on which she was there, when the limits are not known


@transaction.atomic
def add_period(dossier_id: UUID, person_id: UUID, told: NewPeriod, *, by: User | None) -> ResidentialSituation:
    """A period of a member of the household. Raises `OperationRefused` for dates that cannot be."""
    dossier = _locked(dossier_id, by)
    person = _member(dossier, person_id)
    return _write(dossier, person, told, by=by, event="residence.noted")


@transaction.atomic
def correct_period(dossier_id: UUID, period_id: UUID, told: NewPeriod, *, by: User | None) -> ResidentialSituation:
    """Another period in place of one, which stays, corrected. Raises `OperationRefused` when it no longer stands."""
    dossier = _locked(dossier_id, by)
    former = _standing(dossier, period_id)
    return _write(dossier, former.person, told, by=by, event="residence.corrected", replaces=former)


@transaction.atomic
def end_period(
    dossier_id: UUID, period_id: UUID, ended_on: date, *, by: User | None, precision: str = ""
) -> ResidentialSituation:
    """The period is over: the same one, with its end."""
    dossier = _locked(dossier_id, by)
    former = _standing(dossier, period_id)
    told = replace(_as_told(former), ended_on=ended_on, ended_precision=precision)
    return _write(dossier, former.person, told, by=by, event="residence.ended", replaces=former)


@transaction.atomic
def copy_period(
    dossier_id: UUID, period_id: UUID, people: Collection[UUID], *, by: User | None
) -> list[ResidentialSituation]:
    """The same period for other members, each under her own key. Who was not born yet lived there from her birth."""
    dossier = _locked(dossier_id, by)
    period = _standing(dossier, period_id)
    chosen = [_member(dossier, pk) for pk in dict.fromkeys(people) if pk != period.person_id]
    if not chosen:
        raise OperationRefused("Choisissez au moins une autre personne du ménage.")
    told = _as_told(period)
    return [_write(dossier, person, _from_birth(told, person), by=by, event="residence.copied") for person in chosen]


@transaction.atomic
def withdraw_period(dossier_id: UUID, period_id: UUID, *, by: User | None) -> ResidentialSituation:
    """The period was written by mistake: it stays in the database, and is told no more."""
    dossier = _locked(dossier_id, by)
    period = _standing(dossier, period_id)
    period.withdrawn_at = timezone.now()
    period.save(update_fields=["withdrawn_at"])
    journal.record("residence.withdrawn", target=period.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return period


def _locked(dossier_id: UUID, by: User | None) -> Dossier:
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    return dossier


def _member(dossier: Dossier, person_id: UUID) -> Person:
    stay = Participant.objects.filter(dossier=dossier, person=person_id).select_related("person").first()
    if stay is None:
        raise OperationRefused(NOT_HERS)
    return stay.person


def _standing(dossier: Dossier, period_id: UUID) -> ResidentialSituation:
    """The period, written in this dossier."""
    standing = ResidentialSituation.objects.standing().filter(dossier=dossier, pk=period_id)
    found = standing.select_related("person").first()
    if found is None:
        raise OperationRefused(CHANGED)
    return found


def _as_told(period: ResidentialSituation) -> NewPeriod:
    return NewPeriod(
        period.ethos,
        period.started_on,
        period.ended_on,
        period.started_precision,
        period.ended_precision,
        period.told_by,
        period.seen_on,
    )


def _from_birth(told: NewPeriod, person: Person) -> NewPeriod:
    born = person.birth_date
    if born is None or told.started_on is None or told.started_on >= born:
        return told
    if told.ended_on is not None and told.ended_on < born:
        raise OperationRefused("Cette période finit avant la naissance d’une des personnes choisies : retirez-la.")
    return replace(told, started_on=born, started_precision="")


def _write(
    dossier: Dossier,
    person: Person,
    told: NewPeriod,
    *,
    by: User | None,
    event: str,
    replaces: ResidentialSituation | None = None,
) -> ResidentialSituation:
    _check(told, person)
    row = ResidentialSituation(
        subject_id=person.pk,
        dossier=dossier,
        person=person,
        ethos=told.ethos,
        started_on=told.started_on,
        ended_on=told.ended_on,
        seen_on=told.seen_on,
        started_precision=told.started_precision,
        ended_precision=told.ended_precision,
        told_by=told.told_by,
        replaces=replaces,
        source=Source.ACT,
        recorded_at=timezone.now(),
    )
    row.save(force_insert=True)
    journal.record(event, target=row.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return row


def _check(told: NewPeriod, person: Person) -> None:
    start, end, today = told.started_on, told.ended_on, timezone.localdate()
    if not told.ethos.strip():
        raise OperationRefused("Dites où la personne vivait.")
    if any(day is not None and day > today for day in (start, end)):
        raise OperationRefused("Une période est passée ou dure encore : elle ne finit pas dans l’avenir.")
    if start is not None and end is not None and end < start:
        raise OperationRefused("La fin vient avant le début : vérifiez les deux dates.")
    born = person.birth_date
    if born is not None and ((end is not None and end < born) or (start is not None and _latest(told) < born)):
        raise OperationRefused("Cette période vient avant la naissance de la personne : vérifiez les dates.")
    if told.started_precision not in ("", *Precision.values) or told.ended_precision not in ("", *Precision.values):
        raise OperationRefused("Une date se connaît au jour, au mois ou à l’année.")
    if told.told_by not in ("", *Told.values):
        raise OperationRefused("Choisissez dans la liste qui a dit cette période.")


def _latest(told: NewPeriod) -> date:
    """The last day on which the period may have begun."""
    start = told.started_on or date.max
    if told.started_precision == Precision.YEAR:
        return start.replace(month=12, day=31)
    if told.started_precision == Precision.MONTH:
        return start.replace(day=monthrange(start.year, start.month)[1])
    return start
