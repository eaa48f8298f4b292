"""Who is called to a séance, and what its members are told: convocations and versions of fiches (ADR 0017).

Everything here follows from the séance: who is called to it and what is on its agenda. Nothing is opened by hand, and
`follow` may be called again: it only does what is missing. Grants end by PostgreSQL's clock, with no job.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Organisation, OrganisationKind, User
from audit import journal
from cases.dossiers.models import Dossier, Hold, HoldCode, State
from commission.models import (
    BEFORE_OPENING,
    CALLED,
    HELD,
    ON_AGENDA,
    PRESENTED,
    Convocation,
    Examen,
    ExamenGroupGrant,
    ExamenState,
    Fiche,
    Seance,
    SeanceState,
)
from commission.operations.grants import POSITIONED, SEANCE, closes_at, give, is_told, take_back
from commission.operations.told import COLUMNS, says_the_same, told_of
from core import outbox
from core.locking import lock

PUBLIC_BODIES = (OrganisationKind.ETAT, OrganisationKind.EPCI)
MEMBERS = (OrganisationKind.BAILLEUR, *PUBLIC_BODIES)


def usual_members() -> list[Organisation]:
    """Who is called unless one says otherwise: landlords, State and Grand Chambéry, once verified."""
    return list(Organisation.objects.filter(kind__in=MEMBERS, is_to_verify=False))


def members_of(seance: Seance) -> list[Organisation]:
    """Who is called to it now."""
    found = Convocation.objects.standing().filter(seance=seance).select_related("organisation")
    return [call.organisation for call in found.order_by("organisation__sort_key")]


def call(seance: Seance, members: Collection[Organisation], *, by: User | None) -> None:
    """Exactly these organisations are called, in the caller's transaction, the séance being locked.

    Who is called no more reads nothing more of it.
    """
    standing = {each.organisation_id: each for each in Convocation.objects.standing().filter(seance=seance)}
    wanted = {body.pk: body for body in members}
    now = timezone.now()
    gone = [standing[pk] for pk in standing.keys() - wanted.keys()]
    Convocation.objects.filter(pk__in=[each.pk for each in gone]).update(ended_at=now)
    teams = Organisation.objects.filter(pk__in=[each.organisation_id for each in gone]).values("team")
    ExamenGroupGrant.objects.filter(content_object__seance=seance, group__in=teams).update(valid_until=Now())
    added = [body for pk, body in wanted.items() if pk not in standing]
    Convocation.objects.bulk_create(Convocation(seance=seance, organisation=body, called_at=now) for body in added)
    for event, bodies in (("seance.member_called", wanted.keys() - standing.keys()), ("seance.member_dropped", gone)):
        if bodies:
            journal.record(event, target=seance.pk, by=by, count=len(bodies))


def follow(seance: Seance, *, by: User | None, examens: Sequence[Examen] | None = None) -> None:
    """Make what follows from the state of the séance, in the caller's transaction: fiches and grants.

    `examens` are those that changed; without it, all that the author sees. What she does not see is the worker's.
    """
    if not is_told(seance.held_on):
        return
    if examens is None:
        examens = list(seance.examens.select_related("dossier"))
    if seance.state == SeanceState.ANNULEE:
        take_back(examens)
        return
    take_back([examen for examen in examens if examen.state == ExamenState.RETIREE])
    if seance.state in CALLED:
        told = [examen for examen in examens if examen.state in (*ON_AGENDA, *PRESENTED)]
        told = [examen for examen in told if not examen.dossier.is_protected]  # told orally (ADR 0028)
        tell(seance, told, by=by)
        _give_to_called(seance, told, by=by)


def reopen(seance: Seance, examens: Sequence[Examen], *, by: User | None) -> None:
    """After the séance, those who were called to it read these fiches again, until the day that was theirs."""
    if seance.state in HELD:
        _give_to_called(seance, examens, by=by)


def _give_to_called(seance: Seance, examens: Sequence[Examen], *, by: User | None) -> None:
    teams = Convocation.objects.standing().filter(seance=seance).values_list("organisation__team", flat=True)
    give(examens, teams=list(teams), until=closes_at(seance.held_on, SEANCE), reason=SEANCE, by=by)


def follow_later(seance: Seance) -> None:
    """The same for the situations that the author of the act does not see, by the worker."""
    if is_told(seance.held_on):
        outbox.enqueue("fiche.follow", seance=str(seance.pk))


@transaction.atomic
def follow_seances(seances: Collection[UUID]) -> None:
    """`follow` for the whole of these séances. By the worker."""
    for pk in sorted(seances):
        follow(lock(Seance.objects, pk), by=None)


@transaction.atomic
def follow_dossiers(dossiers: Collection[UUID]) -> None:
    """Something has changed in these dossiers: the séances that await them are told, and the landlord that
    volunteered reads no more once a lease is signed or the dossier closed, and nobody what is protected. By the worker.
    """
    awaiting = Examen.objects.filter(dossier__in=dossiers, state__in=ON_AGENDA)
    follow_seances(set(awaiting.values_list("seance", flat=True)))
    leases = Hold.objects.filter(code=HoldCode.LEASE, released_at=None).values("dossier")
    over = Examen.objects.filter(Q(dossier__state=State.CLOS) | Q(dossier__in=leases), dossier__in=dossiers)
    take_back(list(over), reason=POSITIONED)
    take_back(list(Examen.objects.filter(dossier__in=dossiers, dossier__is_protected=True)))


def tell(seance: Seance, examens: Sequence[Examen], *, by: User | None) -> None:
    """Give each examen a version of its fiche, unless the last one says the same. From the opening, none changes."""
    last = {fiche.examen_id: fiche for fiche in Fiche.objects.filter(examen__in=examens).last_versions()}
    if seance.state not in BEFORE_OPENING:
        examens = [examen for examen in examens if examen.pk not in last]
    if not examens:
        return
    told = told_of([examen.dossier for examen in examens], seance.held_on, besides=[each.pk for each in examens])
    now, made = timezone.now(), []
    for examen in examens:
        before, new = last.get(examen.pk), told[examen.dossier_id]
        if before is not None and says_the_same(before, new):
            continue
        version = before.version + 1 if before else 1
        fiche = Fiche(
            subject_id=examen.dossier.household_id,
            examen=examen,
            dossier=examen.dossier,
            seance=seance,
            version=version,
            told_at=now,
            **{name: getattr(new, name) for name in COLUMNS},
        )
        made.append(fiche)
    Fiche.objects.bulk_create(made)
    for fiche in made:
        journal.record("fiche.told", target=fiche.pk, dossier=fiche.dossier_id, by=by, version=fiche.version)


def shown_version(examen: Examen) -> int | None:
    """The version that the members have before them, `None` when there is none."""
    versions = Fiche.objects.filter(examen=examen).order_by("-version")
    return versions.values_list("version", flat=True).first()


def has_lease(dossier: Dossier) -> bool:
    """A lease is signed, and did not end: who opened it holds the dossier."""
    return Hold.objects.filter(dossier=dossier, code=HoldCode.LEASE, released_at=None).exists()


def draft_of(dossier: Dossier, seance: Seance | None) -> Fiche:
    """The fiche as it would be told today: not a row, and nothing is written."""
    held_on = seance.held_on if seance else timezone.localdate()
    told = told_of([dossier], held_on)[dossier.pk]
    return Fiche(
        subject_id=dossier.household_id,
        dossier=dossier,
        version=0,
        told_at=timezone.now(),
        **{name: getattr(told, name) for name in COLUMNS},
    )
