"""Facts of the past, stated by an import: leases, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import Organisation, User
from audit import journal
from cases.dossiers.models import KEEPS_A_HOME, Dossier, EventKind, HoldCode, Outcome, Source
from cases.dossiers.operations import NewFact, correct_fact, hold, last_standing, release, state_fact, state_facts
from cases.housing.models import Lease, LeaseKind, LeaseState, Parc
from core import outbox
from core.errors import OperationRefused
from core.gathering import insert
from core.locking import lock

IMPORT = "dossiers.import_register"


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a situation, as a register tells it with its lease."""

    outcome: Outcome
    on: date | None
    motive: str | None


@dataclass(frozen=True, slots=True)
class PastLease:
    """A lease as a register tells it; the entry date is not told."""

    kind: LeaseKind
    parc: Parc | None
    signed_on: date | None
    landlord: Organisation | None


@transaction.atomic
def record_past_lease(dossier: Dossier, facts: PastLease, *, by: User | None, ending: Ending | None = None) -> Lease:
    """A lease was signed and is under way, holding the dossier open; or it has ended already, as `ending` tells."""
    require(by, IMPORT)
    is_over = ending is not None and ending.outcome not in KEEPS_A_HOME
    _check_order(facts.signed_on, ending.on if ending else None)
    lease = Lease(
        subject_id=dossier.household_id,
        dossier=dossier,
        kind=facts.kind,
        parc=facts.parc or "",
        landlord=facts.landlord,
        state=LeaseState.TERMINE if is_over else LeaseState.EN_COURS,
        signed_on=facts.signed_on,
        ended_on=ending.on if ending and is_over else None,
        outcome=ending.outcome if ending else None,
        source=Source.IMPORT,
        created_at=timezone.now(),
    )
    insert(lease)
    if lease.state == LeaseState.EN_COURS:
        hold(dossier, HoldCode.LEASE, holder=lease.pk, by=by)
    told = [NewFact(EventKind.LEASE, facts.signed_on, detail=facts.kind)]
    if ending is not None:
        told.append(NewFact(EventKind.OUTCOME, ending.on, detail=ending.outcome, motive=ending.motive))
        journal.record("outcome.recorded", target=dossier.pk, dossier=dossier.pk, by=by)
    state_facts(dossier, told, by=by, source=Source.IMPORT)
    journal.record("lease.recorded", target=lease.pk, dossier=dossier.pk, by=by, kind=facts.kind.value)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return lease


@transaction.atomic
def correct_past_lease(lease: Lease, facts: PastLease, *, by: User | None) -> Lease:
    """Bring a lease to what the register now says."""
    require(by, IMPORT)
    lease = lock(Lease.objects.all(), lease.pk)
    lease.kind = facts.kind
    lease.parc = facts.parc or lease.parc
    lease.landlord = facts.landlord or lease.landlord
    lease.signed_on = facts.signed_on or lease.signed_on
    lease.save(update_fields=["kind", "parc", "landlord", "signed_on"])
    fact = NewFact(EventKind.LEASE, lease.signed_on, detail=lease.kind)
    correct_fact(lease.dossier, fact, by=by, source=Source.IMPORT)
    journal.record("lease.corrected", target=lease.pk, dossier=lease.dossier_id, by=by)
    outbox.enqueue("dossier.changed", dossier=str(lease.dossier_id))
    return lease


@transaction.atomic
def record_past_outcome(
    dossier: Dossier, outcome: Outcome, *, on: date | None, motive: str | None, by: User | None
) -> None:
    """State what became of the situation; an outcome that leaves the home ends the lease, not the dossier.

    A later date is another observation, beside the former one that an import told; the same date or an unknown one
    corrects it.
    """
    require(by, IMPORT)
    fact = NewFact(EventKind.OUTCOME, on, detail=outcome, motive=motive)
    last = last_standing(dossier, EventKind.OUTCOME, source=Source.IMPORT)
    is_later = last is not None and on is not None and last.on is not None and on > last.on
    state_fact(dossier, fact, by=by, source=Source.IMPORT, corrects=None if is_later else last)
    lease = Lease.objects.live().filter(dossier=dossier).order_by("-signed_on").first()
    if lease is not None:
        _apply_outcome(lease, outcome, on=on, by=by)
    journal.record("outcome.recorded", target=dossier.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))


def _apply_outcome(lease: Lease, outcome: Outcome, *, on: date | None, by: User | None) -> None:
    _check_order(lease.signed_on, on)
    lease.outcome = outcome
    if outcome not in KEEPS_A_HOME:
        lease.end(on=on)
        release(lease.dossier, HoldCode.LEASE, holder=lease.pk, by=by)
    lease.save(update_fields=["outcome", "state", "ended_on"])


def _check_order(signed_on: date | None, ended_on: date | None) -> None:
    if signed_on is not None and ended_on is not None and ended_on < signed_on:
        raise OperationRefused("L’issue vient avant la signature du bail : vérifiez les deux dates.")
