"""Facts of the past, stated by an import: leases, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import Organisation, User
from audit import journal
from cases.dossiers.models import KEEPS_A_HOME, Dossier, DossierEvent, EventKind, HoldCode, Outcome, Source
from cases.dossiers.operations import NewFact, correct_fact, hold, last_standing, release, state_fact, state_facts
from cases.housing.models import ENDED, Lease, LeaseKind, LeaseState, Parc
from cases.housing.operations.leases import ENDS_IN
from core import outbox
from core.errors import OperationRefused
from core.gathering import insert
from core.locking import lock
from core.workflow import path

IMPORT = "dossiers.import_register"
NOT_BY_IMPORT = frozenset({LeaseState.PROJET.value, LeaseState.SIGNE.value})  # entering a dwelling is an act
STILL_LIVE = (
    "Un bail est déjà en cours pour ce ménage, et la ligne en dit un autre. "
    "Dites d’abord, dans le dossier, comment le premier a pris fin."
)
BEFORE_LEASE = "L’issue vient avant la signature du bail : vérifiez les deux dates."


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of a situation, as a register tells it with its lease; `is_known` when it was told before it."""

    outcome: Outcome
    on: date | None
    motive: str | None
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class PastLease:
    """A lease as a register tells it; the entry date is not told."""

    kind: LeaseKind
    parc: Parc | None
    signed_on: date | None
    landlord: Organisation | None


@transaction.atomic
def record_past_lease(dossier: Dossier, facts: PastLease, *, by: User | None, ending: Ending | None = None) -> Lease:
    """A lease was signed and is under way, holding the dossier open; or it has ended already, as `ending` tells.

    Raises `OperationRefused` for a second lease under way: one lives in one home.
    """
    require(by, IMPORT)
    is_over = ending is not None and ending.outcome not in KEEPS_A_HOME
    if ending is not None and is_before(ending.on, facts.signed_on):
        raise OperationRefused(BEFORE_LEASE)
    if not is_over and Lease.objects.live().filter(dossier=dossier).exists():
        raise OperationRefused(STILL_LIVE)
    lease = Lease(
        subject_id=dossier.household_id,
        dossier=dossier,
        kind=facts.kind,
        parc=facts.parc or "",
        landlord=facts.landlord,
        state=_end_of(ending.outcome) if ending and is_over else LeaseState.EN_COURS,
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
    if ending is not None and not ending.is_known:
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
    if refusal := why_not_signed_on(lease, facts.signed_on):
        raise OperationRefused(refusal)
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
    """State what became of the situation; an outcome that leaves the home ends the last lease, not the dossier.

    A later date is another observation, beside the former one that an import told; the same date or an unknown one
    corrects it, and so does another date of leaving. Raises `OperationRefused`: see `why_not_outcome`.
    """
    require(by, IMPORT)
    former = last_standing(dossier, EventKind.OUTCOME, source=Source.IMPORT)
    lease = Lease.objects.signed().filter(dossier=dossier).order_by("created_at").last()
    if refusal := why_not_outcome(lease, outcome, on=on, former=former):
        raise OperationRefused(refusal)
    fact = NewFact(EventKind.OUTCOME, on, detail=outcome, motive=motive)
    corrects = former if _corrects(former, lease, outcome, on) else None
    is_own = _is_ended_by(former, lease)
    state_fact(dossier, fact, by=by, source=Source.IMPORT, corrects=corrects)
    if lease is not None and not _is_of_before(lease, on):
        if lease.state not in ENDED:
            _apply_outcome(lease, outcome, on=on, by=by)
        elif corrects is not None and is_own:
            lease.outcome, lease.ended_on = outcome, on or lease.ended_on
            lease.save(update_fields=["outcome", "ended_on"])
    journal.record("outcome.recorded", target=dossier.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))


def why_not_outcome(lease: Lease | None, outcome: Outcome, *, on: date | None, former: DossierEvent | None) -> str:
    """Why a register cannot tell this outcome of the last lease, `former` being what it told. Empty when it can.

    A lease that ended does not begin again, nor end otherwise; what is seen after its end stands beside.
    """
    if lease is None or _is_of_before(lease, on):
        return ""
    if is_before(on, lease.signed_on):
        return BEFORE_LEASE
    stays = outcome in KEEPS_A_HOME
    if lease.state not in ENDED:
        lasts = stays or path(Lease, lease.state, _end_of(outcome), avoiding=NOT_BY_IMPORT) is not None
        return "" if lasts else _no_way(lease, _end_of(outcome))
    is_own = _is_ended_by(former, lease) and _corrects(former, lease, outcome, on)
    if stays:
        is_after = on is not None and (lease.ended_on is None or on >= lease.ended_on)
        return _no_way(lease, LeaseState.EN_COURS) if is_own or is_after else ""
    return _no_way(lease, _end_of(outcome)) if is_own and _end_of(outcome) != lease.state else ""


def why_not_signed_on(lease: Lease, signed_on: date | None) -> str:
    """Why a register cannot give this date to a lease: the household had entered before. Empty when it can."""
    if not is_before(lease.entered_on, signed_on):
        return ""
    return f"On entre après avoir signé, et l’entrée dans le logement date du {lease.entered_on:%d/%m/%Y}."


def is_another_lease(last: Lease | None, signed_on: date | None) -> bool:
    """A lease signed on that day is not `last` told otherwise: there is none, or it had ended."""
    return last is None or is_before(last.ended_on, signed_on)


def is_before(day: date | None, other: date | None) -> bool:
    """Both are known, and in that order."""
    return day is not None and other is not None and day < other


def _apply_outcome(lease: Lease, outcome: Outcome, *, on: date | None, by: User | None) -> None:
    lease.outcome = outcome
    lease.save(update_fields=["outcome"])
    if outcome in KEEPS_A_HOME:
        return
    for step in path(Lease, lease.state, _end_of(outcome), avoiding=NOT_BY_IMPORT) or []:
        getattr(lease, step.name)(**({"on": on} if step.target in ENDED else {}))
        lease.save(update_fields=["state", "ended_on"])
    release(lease.dossier, HoldCode.LEASE, holder=lease.pk, by=by)


def _corrects(former: DossierEvent | None, lease: Lease | None, outcome: Outcome, on: date | None) -> bool:
    """The register tells `former` otherwise, not another observation: one leaves a home once."""
    if former is None or (lease is not None and is_before(former.on, lease.signed_on)):
        return False
    return not is_before(former.on, on) or (former.detail == outcome and outcome not in KEEPS_A_HOME)


def _is_ended_by(former: DossierEvent | None, lease: Lease | None) -> bool:
    """It is what an import told that ended the lease, and no act."""
    if former is None or lease is None or lease.state not in ENDED:
        return False
    return (former.detail, former.on) == (lease.outcome, lease.ended_on)


def _is_of_before(lease: Lease, on: date | None) -> bool:
    """The outcome was seen before a lease that was signed here: it is not of that one."""
    return lease.source == Source.ACT and is_before(on, lease.signed_on)


def _end_of(outcome: Outcome) -> LeaseState:
    return ENDS_IN.get(outcome, LeaseState.TERMINE)


def _no_way(lease: Lease, wanted: LeaseState) -> str:
    return (
        f"Le bail est « {LeaseState(lease.state).label} » dans Seuil ; la ligne le dit « {wanted.label} », et un "
        "import ne peut pas l’y mener. Corrigez la ligne, ou faites l’acte dans le dossier."
    )
