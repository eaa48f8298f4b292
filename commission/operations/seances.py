"""Preparing and holding a séance: plan, convene, settle the agenda, open, close."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import Organisation, OrganisationKind, User
from audit import journal
from cases.dossiers.models import Source
from commission.models import BEFORE_OPENING, DECISIONS, ExamenState, Presence, Seance, SeanceState
from core import outbox
from core.errors import OperationRefused
from core.locking import lock
from core.names import fold

RUN = "commission.run_seance"
NEWS = timedelta(days=31)  # the decision of an older séance is no news to who prescribed
PUBLIC_BODIES = (OrganisationKind.ETAT, OrganisationKind.EPCI)
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
def convene(seance_id: UUID, *, by: User | None) -> Seance:
    """The members are called."""
    return _move(seance_id, "convene", by=by)


@transaction.atomic
def settle_agenda(seance_id: UUID, *, by: User | None) -> Seance:
    """The agenda is settled, with or without a situation; those on it are confirmed."""
    seance = _move(seance_id, "settle_agenda", by=by)
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
    for examen in cancelled.examens.filter(state__in=[ExamenState.INSCRITE, ExamenState.CONFIRMEE]):
        examen.withdraw() if examen.state == ExamenState.INSCRITE else examen.withdraw_confirmed()
        examen.save(update_fields=["state"])
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


def _confirm_all(seance: Seance) -> None:
    for examen in seance.examens.filter(state=ExamenState.INSCRITE):
        examen.confirm()
        examen.save(update_fields=["state"])
