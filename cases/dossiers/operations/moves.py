"""The acts that move a dossier. Each locks, asks for the right, checks its conditions, moves, and is journaled.

`by=None` is the system, for what another app or the worker does on a person's behalf.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_fsm import can_proceed

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import OF_THE_LEASE_ALONE, Dossier, Evaluation, EventKind, Motive, Outcome, Source, State
from cases.dossiers.operations.acts import ACTS, INSTRUCT, PRESENT
from cases.dossiers.operations.conditions import RULES, conditions_of, known
from cases.dossiers.operations.facts import NewFact, last_standing, state_fact
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

LIFE = ["state", "state_on", "oriented_on", "review_on", "decided_on", "closed_on", "positioned_landlord"]
LIFE += ["evaluation_began_at"]
BEGINS = frozenset({"start_evaluation", "reexamine", "reconsider", "reopen"})  # from here run the 72 hours


@transaction.atomic
def prescribe(dossier_id: UUID, *, by: User | None, on: date) -> Dossier:
    """A prescribing body has oriented the household: the SIAO takes it."""
    return _move(dossier_id, "prescribe", by=by, on=on, fact=NewFact(EventKind.ORIENTATION, on))


@transaction.atomic
def start_evaluation(dossier_id: UUID, *, by: User | None, on: date) -> Dossier:
    """The referent begins the evaluation (flash within 72 h, full within 2 months)."""
    return _move(dossier_id, "start_evaluation", by=by, on=on)


@transaction.atomic
def ask_for_pieces(dossier_id: UUID, *, by: User | None, on: date, note: str) -> Dossier:
    """Pieces are missing; `note` lists them."""
    return _move(dossier_id, "ask_for_pieces", by=by, on=on, note=note)


@transaction.atomic
def resume_evaluation(dossier_id: UUID, *, by: User | None, on: date) -> Dossier:
    """The pieces came."""
    return _move(dossier_id, "resume_evaluation", by=by, on=on)


@transaction.atomic
def complete_evaluation(dossier_id: UUID, *, by: User | None, on: date) -> Dossier:
    """The evaluation is dated and its version is frozen."""
    last = Evaluation.objects.filter(dossier=dossier_id).order_by("-version").first()
    dated = last.evaluated_on if last is not None else None
    dossier = _move(dossier_id, "complete_evaluation", by=by, on=on, fact=NewFact(EventKind.EVALUATION, dated or on))
    freeze_evaluation(dossier)
    return dossier


@transaction.atomic
def declare_ready(dossier_id: UUID, *, by: User | None, on: date) -> Dossier:
    """The dossier may be put on a commission's agenda."""
    return _move(dossier_id, "declare_ready", by=by, on=on)


@transaction.atomic
def adjourn(
    dossier_id: UUID, *, by: User | None, on: date, motive: str, review_on: date | None, note: str = ""
) -> Dossier:
    """The SIAO puts the situation off, with a motive and a date to look at it again."""
    _require_later(review_on, on)
    fact = NewFact(EventKind.INSTRUCTION, on, motive=_motive("adjourn", motive), note=note or None)
    return _tell(_move(dossier_id, "adjourn", by=by, on=on, fact=fact, review_on=review_on), by)


@transaction.atomic
def decline(dossier_id: UUID, *, by: User | None, on: date, motive: str, note: str = "") -> Dossier:
    """The SIAO does not present the situation, with a motive; from EVALUE or AJOURNE."""
    adjourned = Dossier.objects.filter(pk=dossier_id, state=State.AJOURNE).exists()
    name = "decline_after_adjournment" if adjourned else "decline"
    fact = NewFact(EventKind.INSTRUCTION, on, motive=_motive(name, motive), note=note or None)
    return _tell(_move(dossier_id, name, by=by, on=on, fact=fact), by)


@transaction.atomic
def reexamine(dossier_id: UUID, *, by: User | None, on: date, note: str) -> Dossier:
    """An adjourned situation is looked at again; `note` says what is new."""
    return _move(dossier_id, "reexamine", by=by, on=on, note=note)


@transaction.atomic
def reconsider(dossier_id: UUID, *, by: User | None, on: date, note: str) -> Dossier:
    """A situation not retained is taken up again: `note` says the new fact."""
    return _move(dossier_id, "reconsider", by=by, on=on, note=note)


@transaction.atomic
def present(dossier_id: UUID, *, by: User | None, on: date) -> Dossier:
    """Called by the commission: the situation is presented; its evaluation is frozen."""
    dossier = _move(dossier_id, "present", by=by, on=on, permission=PRESENT, fact=NewFact(EventKind.PRESENTATION, on))
    freeze_evaluation(dossier)
    return dossier


@transaction.atomic
def admit(
    dossier_id: UUID, *, by: User | None, on: date, told: NewFact | None = None, landlord_id: UUID | None = None
) -> Dossier:
    """Called by the commission: the situation is validated, a landlord may volunteer. `told` is the decision."""
    return _move(dossier_id, "admit", by=by, on=on, permission=PRESENT, fact=told, landlord_id=landlord_id)


@transaction.atomic
def withdraw(dossier_id: UUID, *, by: User | None, on: date) -> Dossier:
    """Called by the commission: the situation is taken off."""
    return _move(dossier_id, "withdraw", by=by, on=on, permission=PRESENT)


@transaction.atomic
def adjourn_in_session(
    dossier_id: UUID, *, by: User | None, on: date, review_on: date | None, told: NewFact | None = None
) -> Dossier:
    """Called by the commission: put off, until a date."""
    _require_later(review_on, on)
    return _move(dossier_id, "adjourn_in_session", by=by, on=on, permission=PRESENT, fact=told, review_on=review_on)


@transaction.atomic
def refuse_in_session(dossier_id: UUID, *, by: User | None, on: date, told: NewFact | None = None) -> Dossier:
    """Called by the commission: not validated."""
    return _move(dossier_id, "refuse_in_session", by=by, on=on, permission=PRESENT, fact=told)


@transaction.atomic
def start_search(dossier_id: UUID, *, by: User | None, on: date) -> Dossier:
    """Look for a dwelling."""
    return _move(dossier_id, "start_search", by=by, on=on)


@transaction.atomic
def stop_search(dossier_id: UUID, *, by: User | None, on: date, note: str) -> Dossier:
    """A candidature failed: back among the validated, with a motive."""
    return _move(dossier_id, "stop_search", by=by, on=on, note=note)


@transaction.atomic
def house(dossier_id: UUID, *, by: User | None, on: date) -> Dossier:
    """The household has entered its dwelling."""
    return _move(dossier_id, "house", by=by, on=on)


@transaction.atomic
def hand_over(dossier_id: UUID, *, by: User | None, on: date) -> Dossier:
    """The relay meeting was held: the support team follows."""
    return _move(dossier_id, "hand_over", by=by, on=on)


@transaction.atomic
def rehouse(dossier_id: UUID, *, by: User | None, on: date, note: str) -> Dossier:
    """The lease ended, the path goes on: look for another dwelling."""
    followed = Dossier.objects.filter(pk=dossier_id, state=State.EN_SUIVI).exists()
    return _move(dossier_id, "rehouse_from_follow_up" if followed else "rehouse", by=by, on=on, note=note)


@transaction.atomic
def close(dossier_id: UUID, *, by: User | None, on: date, outcome: str, note: str = "") -> Dossier:
    """End the dossier with its outcome. What is still open prevents it, unless `note` says why one closes anyway.

    No note passes over the commission: a dossier on an agenda is withdrawn from it first.
    """
    if outcome not in Outcome.values or outcome in OF_THE_LEASE_ALONE:
        raise OperationRefused("Choisissez l’issue du dossier dans la liste.")
    fact = NewFact(EventKind.OUTCOME, on, detail=outcome, note=note or None)
    closed = _move(dossier_id, "close", by=by, on=on, fact=fact, despite_conditions=bool(note.strip()))
    if closed.positioned_landlord_id is not None:  # it reads the fiche no more
        outbox.enqueue("fiche.follow", dossier=str(closed.pk))
    return closed


@transaction.atomic
def reopen(dossier_id: UUID, *, by: User | None, on: date, motive: str, note: str = "") -> Dossier:
    """The same episode goes on: the household is back in the street, or out of an institution."""
    fact = NewFact(EventKind.STATE, on, detail=State.EN_EVALUATION, motive=_motive("reopen", motive), note=note or None)
    return _move(dossier_id, "reopen", by=by, on=on, fact=fact)


def freeze_evaluation(dossier: Dossier) -> None:
    """The present version of the evaluation can no longer change."""
    last = Evaluation.objects.filter(dossier=dossier).order_by("-version").values("pk")[:1]
    Evaluation.objects.filter(pk__in=last, frozen_at=None).update(frozen_at=timezone.now())


def _move(
    dossier_id: UUID,
    name: str,
    *,
    by: User | None,
    on: date,
    note: str | None = None,
    fact: NewFact | None = None,
    despite_conditions: bool = False,
    permission: str = "",
    **arguments: Any,
) -> Dossier:
    dossier = lock(Dossier.objects, dossier_id)
    act = ACTS.get(name)
    require(by, permission or (act.permission if act else INSTRUCT), dossier)
    if act and "note" in act.asks and act.asks[0] == "note" and not (note or "").strip():
        raise OperationRefused("Écrivez en une phrase ce qui justifie cet acte.")
    move = getattr(dossier, name)
    if can_proceed(move):  # a dossier that moved meanwhile lacks nothing: it changed
        require_conditions(dossier, name, on=on, despite=despite_conditions, alone=by is None)
    move(on=on, **arguments)
    if name in BEGINS:
        dossier.evaluation_began_at = _moment(on)
    dossier.save(update_fields=LIFE)
    fact = fact or NewFact(EventKind.STATE, on, detail=dossier.state, note=note or None)
    state_fact(dossier, fact, by=by, source=Source.ACT)
    journal.record(f"dossier.{name}", target=dossier.pk, dossier=dossier.pk, by=by, state=str(dossier.state))
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return dossier


def _tell(dossier: Dossier, by: User | None) -> Dossier:
    """Who prescribed is told that a person of the SIAO has decided."""
    decided = last_standing(dossier, EventKind.INSTRUCTION)
    if by is not None and decided is not None and dossier.prescripteur_id is not None:
        outbox.enqueue("instruction.notify", event=str(decided.pk))
    return dossier


def require_conditions(dossier: Dossier, name: str, *, on: date, despite: bool = False, alone: bool = False) -> None:
    """What the act needs, on that day. Raises `OperationRefused` naming what is missing, or what to do first.

    With `despite`, a reason was given: only what no reason passes over is asked for. `alone`: the system does it, and
    what only a person can meet is not asked.
    """
    if name not in RULES:
        return
    about = known(dossier, pieces_on=on if name == "declare_ready" else None)
    missing = [c for c in conditions_of(name, about, today=on) if not (c.is_met or (alone and c.of_people))]
    first = [c.first for c in missing if c.first]
    if first:
        raise OperationRefused(first[0])
    if missing and not despite:
        what = " ".join(c.missing for c in missing)
        raise OperationRefused(f"Il manque : {what[0].lower()}{what[1:]}")


def _moment(on: date) -> datetime:
    """Now, for what is done today; the first moment of a day that is told afterwards."""
    now = timezone.localtime()
    return now if on == now.date() else timezone.make_aware(datetime.combine(on, time.min))


def _require_later(review_on: date | None, on: date) -> None:
    if review_on is None or review_on <= on:
        raise OperationRefused("Donnez la date à laquelle le dossier sera réexaminé : elle vient après aujourd’hui.")


def _motive(act: str, code: str) -> str:
    allowed = Motive.objects.filter(code=code, level__in=ACTS[act].motives)
    if not allowed.exists():
        raise OperationRefused("Choisissez un motif dans la liste : il sera compté avec les autres.")
    return code
