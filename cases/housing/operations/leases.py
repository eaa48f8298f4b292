"""A lease is signed, the household enters, and one day it ends or goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import grants
from accounts.grants import require
from accounts.models import Organisation, OrganisationKind, User
from audit import journal
from cases.dossiers import operations as dossiers
from cases.dossiers.models import (
    BEFORE_ENTRY,
    KEEPS_A_HOME,
    OF_THE_LEASE_ALONE,
    Dossier,
    EventKind,
    HoldCode,
    Outcome,
    Source,
    State,
)
from cases.dossiers.operations import NewFact, hold, release, state_fact
from cases.housing.models import ENDED, Lease, LeaseKind, LeaseState, Parc
from core import outbox
from core.errors import OperationRefused
from core.locking import lock
from core.workflow import Move, path

MANAGE = "housing.manage_lease"
LETS = (OrganisationKind.BAILLEUR, OrganisationKind.ACCOMPAGNEMENT)  # the second sub-lets
SEARCHING = (State.EN_RECHERCHE, State.LOGE, State.EN_SUIVI)
ENDS_IN = {
    Outcome.DECES: LeaseState.DECES,
    Outcome.EXPULSION: LeaseState.EXPULSE,
    Outcome.BAIL_GLISSE: LeaseState.GLISSE,
    Outcome.MUTATION: LeaseState.TRANSFERE,
}
WITHOUT_ENTRY = OF_THE_LEASE_ALONE | {
    Outcome.REORIENTATION_PENSION_FAMILLE,
    Outcome.DEPART_TERRITOIRE,
    Outcome.PERDU_DE_VUE,
    Outcome.HOSPITALISATION_LONGUE,
    Outcome.INCARCERATION,
    Outcome.DECES,
    Outcome.REUNION_MENAGES,
}
"""What may happen to a household between the signature and the entry; the other outcomes are of who lives there."""


@dataclass(frozen=True, slots=True)
class NewLease:
    """A lease as it was signed."""

    kind: LeaseKind
    parc: Parc
    landlord: Organisation | None
    signed_on: date


@transaction.atomic
def sign_lease(dossier_id: UUID, new: NewLease, *, by: User | None) -> Lease:
    """A lease was signed, after the commission’s decision; it holds the dossier open.

    Raises `OperationRefused` before the search is open, before the decision, and while another lease is live.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, MANAGE, dossier)
    _check_signature(dossier, new)
    lease = Lease(
        subject_id=dossier.household_id,
        dossier=dossier,
        kind=new.kind,
        parc=new.parc,
        landlord=new.landlord,
        source=Source.ACT,
        created_at=timezone.now(),
    )
    lease.save(force_insert=True)
    lease.sign(on=new.signed_on)
    lease.save(update_fields=["state", "signed_on"])
    hold(dossier, HoldCode.LEASE, holder=lease.pk, by=by)
    state_fact(dossier, NewFact(EventKind.LEASE, new.signed_on, detail=new.kind), by=by)
    journal.record("lease.signed", target=lease.pk, dossier=dossier.pk, by=by, kind=new.kind.value)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    if dossier.positioned_landlord_id is not None:  # it reads the fiche no more
        outbox.enqueue("fiche.follow", dossier=str(dossier.pk))
    return lease


@transaction.atomic
def enter_dwelling(lease_id: UUID, *, on: date, by: User | None) -> Lease:
    """The household has its keys; a dossier that was looking for a dwelling becomes « logé »."""
    lease = _locked(lease_id, by)
    if lease.signed_on is not None and on < lease.signed_on:
        raise OperationRefused("On entre dans un logement après avoir signé le bail : vérifiez la date.")
    _require_past(on)
    lease.enter(on=on)
    lease.save(update_fields=["state", "entered_on"])
    journal.record("lease.entered", target=lease.pk, dossier=lease.dossier_id, by=by)
    if lease.dossier.state == State.EN_RECHERCHE:
        dossiers.house(lease.dossier_id, by=by, on=on)
    outbox.enqueue("dossier.changed", dossier=str(lease.dossier_id))
    return lease


@transaction.atomic
def record_outcome(lease_id: UUID, outcome: Outcome, *, on: date, by: User | None, motive: str | None = None) -> Lease:
    """What became of a lease on a date: the household stays there, or the lease ends, and the dossier goes on.

    A lease that nobody entered ends so too; the dossier still looks for a dwelling, and another lease may be signed.
    Raises `OperationRefused` for a date before the signature or to come, and for a lease that cannot end so.
    """
    lease = _locked(lease_id, by)
    _require_past(on)
    if lease.signed_on is not None and on < lease.signed_on:
        raise OperationRefused("L’issue vient avant la signature du bail : vérifiez les deux dates.")
    if lease.entered_on is not None and on < lease.entered_on and outcome not in KEEPS_A_HOME:
        raise OperationRefused("Le bail finit avant l’entrée dans le logement : vérifiez les deux dates.")
    if refusal := why_not(lease, outcome):
        raise OperationRefused(refusal)
    if lease.state == LeaseState.SIGNE and outcome not in OF_THE_LEASE_ALONE:  # the former say it themselves
        motive = BEFORE_ENTRY
    lease.outcome = outcome
    if outcome not in KEEPS_A_HOME:
        _end(lease, outcome, on)
        release(lease.dossier, HoldCode.LEASE, holder=lease.pk, by=by)
    lease.save(update_fields=["outcome", "state", "ended_on"])
    state_fact(lease.dossier, NewFact(EventKind.OUTCOME, on, detail=outcome, motive=motive), by=by)
    journal.record("outcome.recorded", target=lease.dossier_id, dossier=lease.dossier_id, by=by)
    outbox.enqueue("dossier.changed", dossier=str(lease.dossier_id))
    return lease


def possible_outcomes(lease: Lease) -> list[Outcome]:
    """What may become of the lease from where it is: what its page offers, what is of a signed one alone first."""
    return sorted(
        (each for each in Outcome if not why_not(lease, each)), key=lambda each: each not in OF_THE_LEASE_ALONE
    )


def why_not(lease: Lease, outcome: Outcome) -> str:
    """Why this cannot become of the lease, from where it is. Empty when it can."""
    if lease.state in ENDED:
        return "Ce bail est fini : son issue est inscrite et ne change plus."
    if lease.state == LeaseState.SIGNE:
        is_entered_first = "Ce bail ne peut pas finir ainsi : inscrivez d’abord l’entrée dans le logement."
        return "" if outcome in WITHOUT_ENTRY else is_entered_first
    if outcome in OF_THE_LEASE_ALONE:
        return "Le ménage est entré dans ce logement : choisissez l’issue qui dit comment il l’a quitté."
    if outcome in KEEPS_A_HOME or _way_out(lease, outcome) is not None:
        return ""
    return f"Ce bail est « {LeaseState(lease.state).label} » : il ne peut pas finir ainsi. Choisissez une autre issue."


def _locked(lease_id: UUID, by: User | None) -> Lease:
    """The lease, locked after its dossier."""
    dossier = lock(Dossier.objects, Lease.objects.values_list("dossier", flat=True).get(pk=lease_id))
    require(by, MANAGE, dossier)
    lease = lock(Lease.objects.all(), lease_id)
    lease.dossier = dossier
    return lease


def _check_signature(dossier: Dossier, new: NewLease) -> None:
    if dossier.state not in SEARCHING:
        raise OperationRefused("Ouvrez d’abord la recherche de logement : un bail se signe après la décision.")
    _require_past(new.signed_on)
    if dossier.decided_on is not None and new.signed_on < dossier.decided_on:
        raise OperationRefused(f"Le bail est signé après la décision, prise le {dossier.decided_on:%d/%m/%Y}.")
    if new.landlord is not None and new.landlord.kind not in LETS:
        raise OperationRefused("Choisissez un bailleur, ou l’association qui sous-loue.")
    if Lease.objects.live().filter(dossier=dossier).exists():
        raise OperationRefused("Un bail est déjà en cours : inscrivez d’abord comment il a pris fin.")


def _require_past(on: date) -> None:
    if on > timezone.localdate():
        raise OperationRefused("Écrivez une date passée, ou celle d’aujourd’hui.")


def _way_out(lease: Lease, outcome: Outcome) -> list[Move] | None:
    """The declared moves to the end of the lease; a signed one is not entered on the way."""
    entering = frozenset({LeaseState.EN_COURS.value}) if lease.state == LeaseState.SIGNE else frozenset()
    return path(Lease, lease.state, ENDS_IN.get(outcome, LeaseState.TERMINE).value, avoiding=entering)


def _end(lease: Lease, outcome: Outcome, on: date) -> None:
    """Walk to the end: an eviction goes through its procedure."""
    for step in _way_out(lease, outcome) or []:
        getattr(lease, step.name)(**({"on": on} if step.target in ENDED else {}))
        lease.save(update_fields=["state", "ended_on"])


def awaiting(user: User) -> QuerySet[Lease]:
    """Leases that were signed, whose household has not entered yet; none for who does not keep leases."""
    if not user.has_perm(MANAGE):
        return Lease.objects.none()
    signed = Lease.objects.filter(state=LeaseState.SIGNE).select_related("dossier")
    return grants.visible(signed, user, of="dossier").order_by("signed_on", "pk")
