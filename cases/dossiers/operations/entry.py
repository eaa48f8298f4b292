"""How a household comes in, and what is added to it later: that the person knows, and that she agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import grants
from accounts.grants import require
from accounts.models import Organisation, User
from accounts.operations import siao
from audit import journal
from cases.dossiers.models import (
    FIRST_SEEN,
    Channel,
    Commune,
    Dossier,
    EventKind,
    FactCode,
    Informed,
    NoAgreement,
    Person,
    Prescription,
    ResidentialSituation,
    Source,
    State,
    Urgency,
)
from cases.dossiers.operations.acts import INSTRUCT, OPEN
from cases.dossiers.operations.facts import NewFact, state_fact
from core import outbox
from core.errors import OperationRefused
from core.locking import lock
from core.typography import hour

MEET = "dossiers.record_meeting"
RIGHTS = {Channel.PRESCRIPTION: OPEN, Channel.MARAUDE: MEET}  # the other ways in are the SIAO's
BOTH = "La personne est d’accord, ou son accord manque : gardez une seule réponse."
NEITHER = "Dites que la personne est d’accord, ou choisissez pourquoi son accord manque."
UNEXPLAINED = "Écrivez en une phrase pourquoi l’accord de la personne manque."
UNINFORMED = "On est d’accord avec ce que l’on connaît : informez d’abord la personne, et dites comment."
CLOSED = "Ce dossier est clos : rien ne s’y ajoute. Demandez d’abord sa réouverture."
FUTURE = "La rencontre a déjà eu lieu : écrivez une date et une heure passées."


@dataclass(frozen=True, slots=True)
class Answer:
    """Does the person know, does she agree. `no_agreement` is a code of `NoAgreement`, `note` its sentence."""

    informed: str = Informed.NOT_YET
    agreed_on: date | None = None
    no_agreement: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """How a household comes in: by its prescripteur, by the SIAO when there is none.

    `ethos` is where it lives, since `housed_since` when that is known. `people` counts who was met.
    """

    channel: Channel
    met_at: datetime | None = None
    commune: Commune | None = None
    place: str | None = None
    people: int | None = None
    needs: str | None = None
    urgency: str = Urgency.USUAL
    si_siao_number: str | None = None
    ethos: str | None = None
    housed_since: date | None = None
    answer: Answer = Answer()


def right_to_enter(channel: Channel | None) -> str:
    """The permission that this way in asks for."""
    return OPEN if channel is None else RIGHTS.get(channel, INSTRUCT)


def record_entry(dossier: Dossier, titulaire: Person, entry: NewEntry, *, by: User | None, on: date) -> Prescription:
    """Write the entry of a new dossier, where its titulaire lives and the meeting, in the transaction of its opening.

    Raises `OperationRefused` for a moment to come and for an answer that contradicts itself.
    """
    if entry.met_at is not None and entry.met_at > timezone.now():
        raise OperationRefused(FUTURE)
    _require_coherent(entry.answer, entry.channel)
    row = Prescription(
        subject_id=dossier.household_id,
        dossier=dossier,
        channel=entry.channel,
        organisation=dossier.prescripteur or siao(),
        met_on=on,
        met_at=entry.met_at,
        commune=entry.commune,
        place=entry.place,
        people=None if entry.people is None else Decimal(entry.people),
        needs=entry.needs,
        urgency=entry.urgency,
        si_siao_number=entry.si_siao_number,
        recorded_at=timezone.now(),
        recorded_by=by,
    )
    _give(row, entry.answer)
    row.save(force_insert=True)
    if entry.ethos is not None:
        _live(dossier, titulaire, entry.ethos, entry.housed_since, on)
    if entry.channel == Channel.MARAUDE:
        words = where_and_when(entry.met_at, entry.commune, entry.place)
        met_on = timezone.localdate(entry.met_at) if entry.met_at is not None else on
        state_fact(dossier, NewFact(EventKind.FACT, met_on, detail=FactCode.RENCONTRE, note=words or None), by=by)
    if by is not None:
        outbox.enqueue("prescription.received", prescription=str(row.pk))
    return row


@transaction.atomic
def complete_entry(
    dossier_id: UUID, answer: Answer, *, by: User | None, organisation: Organisation | None = None
) -> Prescription:
    """Add that the person was informed, that she agrees or why not, and who orients her when nobody did.

    A dossier that came from a register has no entry yet: it is written then. Raises `OperationRefused` once she agreed,
    on a closed dossier, and for an answer that contradicts itself.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, MEET, dossier)
    if dossier.state == State.CLOS:
        raise OperationRefused(CLOSED)
    row = Prescription.objects.filter(dossier=dossier).first()
    if row is not None and row.agreed_on is not None:
        raise OperationRefused("L’accord de la personne est déjà inscrit.")
    if dossier.prescripteur_id is None and organisation is not None:
        _orient(dossier, organisation, by)
    if row is None:
        row = _entry_of_the_past(dossier, by)
    _require_coherent(answer, Channel(row.channel))
    _give(row, answer)
    if row._state.adding:
        row.save(force_insert=True)
    else:
        row.save(update_fields=["informed", "agreed_on", "no_agreement", "no_agreement_note"])
    journal.record(
        "dossier.entry_completed", target=row.pk, dossier=dossier.pk, by=by, agreed=row.agreed_on is not None
    )
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return row


@transaction.atomic
def say_who_orients(dossier_id: UUID, organisation: Organisation, *, by: User | None) -> Dossier:
    """Add who orients a household that agreed when it was met, and that nobody oriented.

    Raises `OperationRefused` when that is known, and on a closed dossier.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if dossier.state == State.CLOS:
        raise OperationRefused(CLOSED)
    if dossier.prescripteur_id is not None:
        raise OperationRefused("L’organisme qui oriente ce ménage est déjà inscrit.")
    _orient(dossier, organisation, by)
    journal.record("dossier.oriented", target=dossier.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return dossier


def _orient(dossier: Dossier, organisation: Organisation, by: User | None) -> None:
    """It follows where the household is; the SIAO sees it already."""
    dossier.prescripteur = organisation
    dossier.save(update_fields=["prescripteur"])
    if organisation.team_id != siao().team_id:
        grants.grant(dossier, to=organisation.team, reason="opening", by=by)


def where_and_when(met_at: datetime | None, commune: Commune | None, place: str | None) -> str:
    """« À 22 h 10, Chambéry, place du Palais. » : what is known of a meeting, in words."""
    told = [f"à {hour(met_at)}" if met_at is not None else "", commune.name if commune else "", place or ""]
    words = ", ".join(part.strip(" .") for part in told if part)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def _entry_of_the_past(dossier: Dossier, by: User | None) -> Prescription:
    return Prescription(
        subject_id=dossier.household_id,
        dossier=dossier,
        channel=Channel.PRESCRIPTION,
        organisation=dossier.prescripteur or siao(),
        met_on=dossier.oriented_on or dossier.state_on or timezone.localdate(dossier.created_at),
        recorded_at=timezone.now(),
        recorded_by=by,
    )


def _require_coherent(answer: Answer, channel: Channel) -> None:
    """Neither both answers nor none; a missing agreement has its motive and its sentence."""
    explained = bool((answer.note or "").strip())
    if answer.agreed_on is not None and (answer.no_agreement is not None or explained):
        raise OperationRefused(BOTH)
    if answer.agreed_on is not None and answer.agreed_on > timezone.localdate():
        raise OperationRefused("L’accord est déjà donné : écrivez une date passée, ou celle d’aujourd’hui.")
    if answer.agreed_on is not None and answer.informed == Informed.NOT_YET:
        raise OperationRefused(
            "On est d’accord avec ce que l’on connaît : informez d’abord la personne, puis dites comment."
        )
    if answer.no_agreement is not None and answer.no_agreement not in NoAgreement.values:
        raise OperationRefused(NEITHER)
    if answer.no_agreement is not None and not explained:
        raise OperationRefused(UNEXPLAINED)
    if answer.agreed_on is None and answer.no_agreement is None and (explained or channel not in FIRST_SEEN):
        raise OperationRefused(NEITHER)


def _give(row: Prescription, answer: Answer) -> None:
    row.informed, row.agreed_on = answer.informed, answer.agreed_on
    row.no_agreement = answer.no_agreement
    row.no_agreement_note = answer.note.strip() if answer.note and answer.no_agreement else None


def _live(dossier: Dossier, titulaire: Person, ethos: str, since: date | None, on: date) -> None:
    if since is not None and since > on:
        raise OperationRefused("L’entrée dans ce logement vient avant l’orientation : vérifiez les deux dates.")
    ResidentialSituation(
        subject_id=titulaire.pk,
        dossier=dossier,
        person=titulaire,
        ethos=ethos,
        started_on=since,
        seen_on=None if since else on,
        source=Source.ACT,
        recorded_at=timezone.now(),
    ).save(force_insert=True)
