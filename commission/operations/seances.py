"""Preparing and holding a séance: plan, convene, settle the agenda, open, close."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import Membership, Organisation, OrganisationKind, User
from accounts.signin.dormancy import touch
from audit import journal
from cases.dossiers.models import Source
from commission.models import (
    BEFORE_OPENING,
    DECISIONS,
    ON_AGENDA,
    ExamenGroupGrant,
    ExamenState,
    Presence,
    Seance,
    SeanceState,
)
from commission.operations.agenda import take_off
from commission.operations.fiches import (
    MEMBERS,
    PUBLIC_BODIES,
    call,
    follow,
    follow_later,
    members_of,
    usual_members,
)
from commission.operations.grants import SEANCE, closes_at
from core import outbox
from core.errors import OperationRefused
from core.locking import lock
from core.names import fold

RUN = "commission.run_seance"
NEWS = timedelta(days=31)  # the decision of an older séance is no news to who prescribed
SITS = (OrganisationKind.SIAO, OrganisationKind.BAILLEUR, *PUBLIC_BODIES)


@transaction.atomic
def plan_seance(held_on: date, place: str, *, by: User | None) -> Seance:
    """A séance on that day, in that place. Raises `IntegrityError` when there is one already."""
    require(by, RUN)
    if not place.strip():
        raise OperationRefused("Écrivez où la séance se tient, ou « en visioconférence ».")
    seance = Seance(held_on=held_on, place=place.strip(), place_key=fold(place), created_at=timezone.now())
    seance.source = Source.ACT
    seance.save(force_insert=True)
    journal.record("seance.planned", target=seance.pk, by=by)
    return seance


@transaction.atomic
def convene(seance_id: UUID, *, by: User | None, members: Collection[Organisation] | None = None) -> Seance:
    """The members are called, the usual ones unless some are named: the fiches of its agenda are open to them.

    Their accounts, which may serve twice a year, do not fall asleep.
    """
    seance = _move(seance_id, "convene", by=by)
    call(seance, _checked(usual_members() if members is None else members), by=by)
    _keep_awake(seance)
    follow(seance, by=by)
    follow_later(seance)
    return seance


@transaction.atomic
def call_members(seance_id: UUID, members: Collection[Organisation], *, by: User | None) -> Seance:
    """Change who is called, before the opening: who is no more reads nothing more of it."""
    seance = lock(Seance.objects, seance_id)
    require(by, RUN)
    if seance.state not in (SeanceState.CONVOQUEE, SeanceState.ODJ_ARRETE):
        raise OperationRefused("Les membres se convoquent entre la convocation et l’ouverture de la séance.")
    call(seance, _checked(members), by=by)
    _keep_awake(seance)
    follow(seance, by=by)
    follow_later(seance)
    return seance


@transaction.atomic
def postpone(seance_id: UUID, held_on: date, *, by: User | None) -> Seance:
    """The séance will be held on another day: what its members read closes with the new date.

    Raises `OperationRefused` once it has begun and for a day that is past, `IntegrityError` when one is held there.
    """
    seance = lock(Seance.objects, seance_id)
    require(by, RUN)
    if seance.state not in BEFORE_OPENING:
        raise OperationRefused("Une séance change de date avant de s’ouvrir.")
    if held_on < timezone.localdate():
        raise OperationRefused("Donnez une date à venir.")
    seance.held_on = held_on
    seance.save(update_fields=["held_on"])
    given = ExamenGroupGrant.objects.filter(content_object__seance=seance, reason=SEANCE)
    given.update(valid_until=closes_at(held_on, SEANCE))
    follow(seance, by=by)
    follow_later(seance)
    journal.record("seance.postponed", target=seance.pk, by=by)
    outbox.enqueue("seance.changed", seance=str(seance.pk))
    return seance


@transaction.atomic
def settle_agenda(seance_id: UUID, *, by: User | None) -> Seance:
    """The agenda is settled, with or without a situation; those on it are confirmed."""
    seance = _move(seance_id, "settle_agenda", by=by)
    _call_if_forgotten(seance, by)
    _confirm_all(seance)
    return seance


@transaction.atomic
def open_seance(seance_id: UUID, present: Collection[Organisation], *, by: User | None) -> Seance:
    """The séance begins with those present. Raises `OperationRefused` before its day, and without a quorum."""
    seance = lock(Seance.objects, seance_id)
    require(by, RUN)
    if seance.held_on > timezone.localdate():
        raise OperationRefused(f"Cette séance est prévue le {seance.held_on:%d/%m/%Y} : elle s’ouvre ce jour-là.")
    if missing := missing_for_quorum(present):
        raise OperationRefused(f"La séance ne peut pas s’ouvrir : il manque {missing} parmi les présents.")
    _call_if_forgotten(seance, by)
    call(seance, {*members_of(seance), *(body for body in present if body.kind in MEMBERS)}, by=by)  # who sits is one
    follow(seance, by=by)  # the last version: from the opening, what members read no longer changes
    seance = _move(seance_id, "open", by=by)
    _confirm_all(seance)
    known = set(seance.presences.values_list("organisation", flat=True))
    Presence.objects.bulk_create(Presence(seance=seance, organisation=body) for body in present if body.pk not in known)
    return seance


@transaction.atomic
def close_seance(seance_id: UUID, *, by: User | None) -> Seance:
    """Every situation is decided or withdrawn: decisions are frozen and the notices leave (domaine § 2.2)."""
    seance = lock(Seance.objects, seance_id)
    require(by, RUN)
    examens = list(seance.examens.exclude(state=ExamenState.RETIREE))
    waiting = sum(examen.state not in DECISIONS for examen in examens)
    if waiting:
        what = "une situation attend" if waiting == 1 else f"{waiting} situations attendent"
        raise OperationRefused(f"La séance ne peut pas se clore : {what} encore une décision, ou d’être retirée.")
    seance = _move(seance_id, "close", by=by)
    if timezone.localdate() - seance.held_on <= NEWS:
        for examen in examens:
            outbox.enqueue("examen.notify", examen=str(examen.pk))
    return seance


@transaction.atomic
def cancel_seance(seance_id: UUID, *, by: User | None) -> Seance:
    """The séance will not be held: what was on its agenda is free for another one."""
    seance = lock(Seance.objects, seance_id)
    name = {SeanceState.CONVOQUEE: "cancel_convened", SeanceState.ODJ_ARRETE: "cancel_settled"}
    cancelled = _move(seance_id, name.get(SeanceState(seance.state), "cancel"), by=by)
    for examen in cancelled.examens.filter(state__in=ON_AGENDA).select_related("dossier"):
        take_off(examen, by=by)
        journal.record("examen.withdrawn", target=examen.pk, dossier=examen.dossier_id, by=by)
    follow(cancelled, by=by)
    follow_later(cancelled)
    return cancelled


def missing_for_quorum(present: Collection[Organisation]) -> str:
    """Who must still be there: the SIAO, a landlord, the State or Grand Chambéry (default rule; the sources give none).

    Empty when the séance may open.
    """
    kinds = {body.kind for body in present}
    missing = []
    if OrganisationKind.SIAO not in kinds:
        missing.append("le SIAO")
    if OrganisationKind.BAILLEUR not in kinds:
        missing.append("un bailleur")
    if not kinds & set(PUBLIC_BODIES):
        missing.append("l’État ou Grand Chambéry")
    return " et ".join([", ".join(missing[:-1]), missing[-1]] if len(missing) > 1 else missing)


def is_open_to_enrolment(seance: Seance) -> bool:
    """Situations may still be put on its agenda."""
    return seance.state in BEFORE_OPENING


def _move(seance_id: UUID, name: str, *, by: User | None) -> Seance:
    seance = lock(Seance.objects, seance_id)
    require(by, RUN)
    getattr(seance, name)()
    seance.save(update_fields=["state"])
    journal.record(f"seance.{name}", target=seance.pk, by=by, state=str(seance.state))
    outbox.enqueue("seance.changed", seance=str(seance.pk))
    return seance


def _checked(members: Collection[Organisation]) -> Collection[Organisation]:
    if not members:
        raise OperationRefused("Convoquez au moins un membre.")
    if any(body.kind not in MEMBERS for body in members):
        raise OperationRefused("Les membres sont les bailleurs, l’État et Grand Chambéry ; le SIAO tient la séance.")
    return members


def _call_if_forgotten(seance: Seance, by: User | None) -> None:
    """A séance convened before its members were written down: the usual ones are."""
    if not seance.convocations.exists():
        call(seance, usual_members(), by=by)


def _confirm_all(seance: Seance) -> None:
    for examen in seance.examens.filter(state=ExamenState.INSCRITE):
        examen.confirm()
        examen.save(update_fields=["state"])


def _keep_awake(seance: Seance) -> None:
    called = Membership.objects.live().filter(organisation__in=members_of(seance), user__is_active=True)
    touch(called.values_list("user", flat=True))
