"""Opening a dossier: a household was met, or a body orients it to the SIAO."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import grants
from accounts.grants import require
from accounts.models import Organisation, User
from accounts.operations import siao
from audit import journal
from cases.dossiers.models import (
    FIRST_SEEN,
    Dossier,
    EventKind,
    Household,
    HousingRequest,
    Participant,
    Person,
    PersonRole,
    Source,
    State,
)
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.entry import NewEntry, record_entry, right_to_enter
from cases.dossiers.operations.facts import NewFact, state_fact
from cases.dossiers.operations.indexing import index_new_person
from cases.dossiers.operations.likeness import look_for_likenesses
from cases.dossiers.operations.moves import prescribe
from core import outbox
from core.errors import OperationRefused
from core.locking import lock
from vault import keys
from vault.models import KeyClass

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # neither O nor 0, neither I nor 1: it is said on the telephone
DRAWS = 5
REFERENCE_TAKEN = "dossier_reference"


@dataclass(frozen=True, slots=True)
class NewDossier:
    """A household as one first hears of it. Without a `reference`, one is drawn.

    Who gives no name has `known_as`, which one will recognise her by. `entry` says how the household came in: without
    it a dossier can only be « repéré ».
    """

    last_name: str | None
    first_name: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    prescripteur: Organisation | None = None
    reference: str | None = None
    known_as: str | None = None
    entry: NewEntry | None = None


@dataclass(frozen=True, slots=True)
class NewMember:
    """Somebody who lives, or will live, with the titulaire."""

    last_name: str | None
    first_name: str | None
    sex: str | None
    birth_date: date | None
    role: PersonRole
    known_as: str | None = None
    met_on: date | None = None


@transaction.atomic
def open_dossier(new: NewDossier, *, by: User | None, on: date) -> Dossier:
    """A new situation, open to the SIAO and to the body that orients it.

    Prescribed at once when a body orients it, unless it was only seen or heard (a meeting, a call): then « repéré ».
    Raises `IntegrityError` when the reference given is taken, `OperationRefused` for a date to come, for nothing to
    recognise the person by, and when a prescription does not say that she knows and agrees, or why not.
    """
    channel = new.entry.channel if new.entry else None
    require(by, right_to_enter(channel))
    if not new.last_name and not new.known_as:
        raise OperationRefused("Écrivez un nom, ou ce qui permettra de reconnaître la personne.")
    if on > timezone.localdate():
        raise OperationRefused("Écrivez une date passée, ou celle d’aujourd’hui.")
    now = timezone.now()
    household = Household.objects.create(created_at=now)
    dossier = numbered(
        Dossier(household=household, prescripteur=new.prescripteur, state_on=on, source=Source.ACT, created_at=now),
        new.reference,
        year=on.year,
    )
    teams = {body.team.pk: body.team for body in (siao(), new.prescripteur) if body is not None}
    grants.grant_teams(dossier, list(teams.values()), reason="opening", by=by)
    titulaire_id = uuid4()
    keys.ensure([(household.pk, KeyClass.SOCIAL), (titulaire_id, KeyClass.SOCIAL), (titulaire_id, KeyClass.IDENTITY)])
    titulaire = _enter(dossier, _titulaire_of(new, on), titulaire_id)
    HousingRequest(subject_id=titulaire.pk, dossier=dossier, person=titulaire, recorded_at=now).save(force_insert=True)
    state_fact(dossier, NewFact(EventKind.STATE, on, detail=State.REPERE), by=by)
    journal.record("dossier.opened", target=dossier.pk, dossier=dossier.pk, by=by, channel=channel and channel.value)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    if new.entry:
        record_entry(dossier, titulaire, new.entry, by=by, on=on)
    look_for_likenesses(dossier.pk, by)
    return prescribe(dossier.pk, by=by, on=on) if new.prescripteur and channel not in FIRST_SEEN else dossier


@transaction.atomic
def add_member(dossier_id: UUID, new: NewMember, *, by: User | None) -> Person:
    """Somebody else of the household. Raises `OperationRefused` for a second titulaire."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if new.role == PersonRole.TITULAIRE:
        raise OperationRefused("Ce dossier a déjà un titulaire : donnez à cette personne une autre place.")
    person = _enter(dossier, new, uuid4())
    journal.record("dossier.member_added", target=person.pk, dossier=dossier.pk, by=by, role=new.role.value)
    look_for_likenesses(dossier.pk, by)
    return person


def _titulaire_of(new: NewDossier, on: date) -> NewMember:
    met_on = None if new.last_name else on
    return NewMember(
        new.last_name or None, new.first_name, new.sex, new.birth_date, PersonRole.TITULAIRE, new.known_as, met_on
    )


def _enter(dossier: Dossier, new: NewMember, pk: UUID) -> Person:
    person = Person(
        id=pk,
        subject_id=pk,
        last_name=new.last_name,
        first_name=new.first_name,
        sex=new.sex,
        birth_date=new.birth_date,
        known_as=new.known_as,
        met_on=new.met_on,
        created_at=timezone.now(),
    )
    person.save(force_insert=True)
    Participant(dossier=dossier, person=person, role=new.role).save(force_insert=True)
    index_new_person(person)
    return person


def numbered(dossier: Dossier, reference: str | None, *, year: int) -> Dossier:
    """Insert it under `reference`, else under one drawn at random: a sequence would tell how many the others opened."""
    for draw in range(DRAWS):
        dossier.reference = reference or f"LDA-{year}-{''.join(secrets.choice(ALPHABET) for _ in range(4))}"
        try:
            with transaction.atomic():
                dossier.save(force_insert=True)
        except IntegrityError as error:
            taken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) == REFERENCE_TAKEN
            if reference or not taken or draw == DRAWS - 1:
                raise
        else:
            break
    return dossier
