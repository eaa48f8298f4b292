"""Facts of the past, stated by an import; and the frozen fiche that a presentation leaves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from accounts.grants import require
from accounts.models import Organisation, User
from audit import journal
from cases.dossiers.models import Dossier, Evaluation, EventKind, Participant, PersonRole, Source
from cases.dossiers.operations import NewFact, freeze_evaluation, state_fact, state_facts
from commission.models import (
    BEFORE_OPENING,
    DECISIONS,
    PRESENTED,
    Examen,
    ExamenState,
    Presence,
    Seance,
    SeanceState,
    Snapshot,
)
from commission.operations.agenda import is_superseded, keep_open, let_go, take_off, why_not_examine
from core import outbox
from core.errors import OperationRefused
from core.gathering import insert
from core.names import fold
from core.workflow import path

IMPORT = "dossiers.import_register"


@transaction.atomic
def record_past_seance(held_on: date, place: str, present: Collection[Organisation], *, by: User | None) -> Seance:
    """A séance that took place (closed), or one to come (planned), with those who sat."""
    require(by, IMPORT)
    state = SeanceState.CLOTUREE if held_on <= timezone.localdate() else SeanceState.PLANIFIEE
    seance = Seance(
        held_on=held_on,
        place=place,
        place_key=fold(place),
        state=state,
        source=Source.IMPORT,
        created_at=timezone.now(),
    )
    seance.save(force_insert=True)
    Presence.objects.bulk_create(Presence(seance=seance, organisation=body) for body in present)
    journal.record("seance.recorded", target=seance.pk, by=by, state=state.value)
    outbox.enqueue("seance.changed", seance=str(seance.pk))
    return seance


@transaction.atomic
def complete_past_seance(seance: Seance, *, place: str, present: Collection[Organisation], by: User | None) -> Seance:
    """Say the place of a séance known by its date alone, who sat there, and that a planned one took place."""
    require(by, IMPORT)
    take_place(seance)
    if place and not seance.place:
        seance.place, seance.place_key = place, fold(place)
        seance.save(update_fields=["place", "place_key"])
    known = set(seance.presences.values_list("organisation", flat=True))
    Presence.objects.bulk_create(Presence(seance=seance, organisation=body) for body in present if body.pk not in known)
    journal.record("seance.completed", target=seance.pk, by=by, state=str(seance.state))
    outbox.enqueue("seance.changed", seance=str(seance.pk))
    return seance


def has_to_take_place(seance: Seance, today: date) -> bool:
    """A séance that a register announced, and whose day has come: the register now tells that it was held."""
    return seance.source == Source.IMPORT and seance.state in BEFORE_OPENING and seance.held_on <= today


def take_place(seance: Seance) -> None:
    """Walk an announced séance whose day has come to its closing, in the caller's transaction."""
    if not has_to_take_place(seance, timezone.localdate()):
        return
    for step in path(Seance, seance.state, SeanceState.CLOTUREE, avoiding=frozenset({SeanceState.ANNULEE.value})) or []:
        getattr(seance, step.name)()
        seance.save(update_fields=["state"])


def seance_of(held_on: date) -> Seance | None:
    """The séance of a day, `None` when there is none. Raises `OperationRefused` when there are several."""
    found = list(Seance.objects.filter(held_on=held_on).exclude(state=SeanceState.ANNULEE)[:2])
    if len(found) > 1:
        raise OperationRefused(
            f"Deux séances ont eu lieu le {held_on:%d/%m/%Y} : le registre ne dit pas laquelle a vu ce ménage."
        )
    return found[0] if found else None


def days_with_several_seances(days: Collection[date]) -> set[date]:
    """Among `days`, those on which more than one séance took place: a register's date does not say which."""
    found = Seance.objects.exclude(state=SeanceState.ANNULEE).filter(held_on__in=days).order_by()
    several = found.values("held_on").annotate(count=Count("pk")).filter(count__gt=1)
    return set(several.values_list("held_on", flat=True))


@dataclass(frozen=True, slots=True)
class Seen:
    """What the members were told of a household: see `Snapshot`."""

    born: date | None
    household_type: str | None
    resource: str | None
    resources: Decimal | None
    ethos: str | None


@dataclass(frozen=True, slots=True)
class PastExamen:
    """A passage as a register tells it: the state is the decision, or PRESENTEE while there is none.

    `seen` is given with a new situation; without it, what is known of the household is read.
    """

    seance: Seance
    state: ExamenState
    landlord: Organisation | None = None
    seen: Seen | None = None


@transaction.atomic
def record_past_examen(dossier: Dossier, facts: PastExamen, *, by: User | None) -> Examen:
    """A situation was presented, and perhaps decided, or will be: examen, sealed snapshot and dated facts.

    It leaves the agenda where the register put it before. Raises `OperationRefused` while an act put it on another.
    """
    require(by, IMPORT)
    held_on = facts.seance.held_on
    decided = facts.state in DECISIONS
    examen = Examen(
        dossier=dossier,
        seance=facts.seance,
        state=facts.state,
        decided_on=held_on if decided else None,
        positioned_landlord=facts.landlord,
        source=Source.IMPORT,
        created_at=timezone.now(),
    )
    take_place(facts.seance)
    if facts.seen is None:  # a new situation has no other passage
        _make_room(examen, by=by)
    insert(examen)
    if examen.is_active:
        keep_open(examen, by=by)
    told = [NewFact(EventKind.PRESENTATION, held_on)] if facts.state in PRESENTED else []
    told += [_decision(examen)] if decided else []
    if facts.state in PRESENTED:
        take_snapshot(examen, version=1, seen=facts.seen)
    state_facts(dossier, told, by=by, source=Source.IMPORT)
    journal.record("examen.recorded", target=examen.pk, dossier=dossier.pk, by=by, state=facts.state.value)
    outbox.enqueue("seance.changed", seance=str(facts.seance.pk))
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return examen


@transaction.atomic
def decide_past_examen(examen: Examen, state: ExamenState, *, by: User | None) -> Examen:
    """The register now tells what became of a passage that had no decision: the declared moves are walked.

    Raises `OperationRefused` when the commission has decided already.
    """
    require(by, IMPORT)
    if refusal := why_not_decide(examen, state):
        raise OperationRefused(refusal)
    held_on = examen.seance.held_on
    take_place(examen.seance)
    for step in path(Examen, examen.state, state, avoiding=frozenset()) or []:
        getattr(examen, step.name)(**({"on": held_on} if step.target in DECISIONS else {}))
        examen.save(update_fields=["state", "decided_on"])
        if step.target == ExamenState.PRESENTEE:
            take_snapshot(examen, version=1)
            state_fact(examen.dossier, NewFact(EventKind.PRESENTATION, held_on), by=by, source=Source.IMPORT)
    if not examen.is_active:
        let_go(examen, by=by)
    if state in DECISIONS:
        state_fact(examen.dossier, _decision(examen), by=by, source=Source.IMPORT)
    journal.record("examen.decided", target=examen.pk, dossier=examen.dossier_id, by=by, state=state.value)
    outbox.enqueue("seance.changed", seance=str(examen.seance_id))
    outbox.enqueue("dossier.changed", dossier=str(examen.dossier_id))
    return examen


def why_not_decide(examen: Examen, state: ExamenState) -> str:
    """Why a register cannot give this decision to a passage: the commission took another. Empty when it can."""
    if path(Examen, examen.state, state, avoiding=frozenset()) is not None:
        return ""
    return (
        f"La commission a déjà décidé : « {ExamenState(examen.state).label} » dans Seuil, « {state.label} » dans la "
        "ligne. Une décision ne se corrige pas par un import."
    )


@transaction.atomic
def retake_snapshot(dossier: Dossier, *, by: User | None) -> None:
    """A frozen value was corrected: each snapshot of the dossier gets a next version."""
    require(by, IMPORT)
    for examen in dossier.examens.presented().order_by("seance__held_on"):
        snapshot = take_snapshot(examen, version=examen.snapshots.count() + 1)
        journal.record("snapshot.corrected", target=snapshot.pk, dossier=dossier.pk, by=by, version=snapshot.version)


def take_snapshot(examen: Examen, *, version: int, seen: Seen | None = None) -> Snapshot:
    """Freeze what is known of the household for this séance: age on that day, composition, resources, ETHOS."""
    dossier, seen = examen.dossier, seen or _known_of(examen.dossier)
    snapshot = Snapshot(
        subject_id=dossier.household_id,
        examen=examen,
        dossier=dossier,
        version=version,
        age=None if seen.born is None else Decimal(age_on(seen.born, examen.seance.held_on)),
        household_type=seen.household_type,
        resource=seen.resource,
        resources=seen.resources,
        ethos=seen.ethos,
        taken_at=timezone.now(),
    )
    insert(snapshot)
    return snapshot


def _make_room(examen: Examen, *, by: User | None) -> None:
    """One situation is before one séance at a time."""
    others = list(Examen.objects.filter(dossier=examen.dossier).active().select_related("seance", "dossier"))
    if refusal := why_not_examine(others, held_on=examen.seance.held_on, is_active=examen.is_active):
        raise OperationRefused(refusal)
    for other in others:
        if is_superseded(other) and other.seance_id != examen.seance_id:
            take_off(other, by=by)
            journal.record("examen.withdrawn", target=other.pk, dossier=other.dossier_id, by=by)
            outbox.enqueue("seance.changed", seance=str(other.seance_id))


def _known_of(dossier: Dossier) -> Seen:
    """The present version of the evaluation, which is frozen, and the birth date of the titulaire."""
    evaluation = Evaluation.objects.filter(dossier=dossier).order_by("-version")[0]
    if evaluation.frozen_at is None:
        freeze_evaluation(dossier)
    member = Participant.objects.select_related("person").get(dossier=dossier, role=PersonRole.TITULAIRE)
    told = (evaluation.household_type, evaluation.resource, evaluation.resources, evaluation.ethos)
    return Seen(member.person.birth_date, *told)


def age_on(born: date, day: date) -> int:
    """Completed years of life on `day`; who was born on 29 February turns a year older on 1 March of other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _decision(examen: Examen) -> NewFact:
    return NewFact(EventKind.DECISION, examen.seance.held_on, detail=str(examen.state))
