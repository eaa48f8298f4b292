"""What people do with support measures; and one fact of the past, stated by an import."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts import grants
from accounts.grants import require
from accounts.models import Membership, Organisation, OrganisationKind, User
from audit import journal
from cases.dossiers.models import Dossier, HoldCode, Purpose, Source, State
from cases.dossiers.operations import audiences, hold, release
from cases.dossiers.operations.acts import INSTRUCT
from cases.support.models import Measure, MeasureKind, MeasureState
from core.errors import NotAllowed, OperationRefused
from core.gathering import insert
from core.locking import lock
from core.workflow import path

IMPORT, MANAGE = "dossiers.import_register", "support.manage_measure"


@transaction.atomic
def record_past_measure(dossier: Dossier, kind: MeasureKind, *, by: User | None) -> Measure:
    """A measure is under way since a date that the register does not tell; it holds the dossier open."""
    require(by, IMPORT)
    measure = Measure(
        dossier=dossier, kind=kind, state=MeasureState.ACTIVE, source=Source.IMPORT, created_at=timezone.now()
    )
    insert(measure)
    hold(dossier, HoldCode.MEASURE, holder=measure.pk, by=by)
    journal.record("measure.recorded", target=measure.pk, dossier=dossier.pk, by=by, kind=kind.value)
    return measure


@transaction.atomic
def open_measure(
    dossier_id: UUID, kind: MeasureKind, *, operator: Organisation | None, started_on: date, by: User | None
) -> Measure:
    """A measure was granted and has begun; the operator’s team sees the dossier while it lasts.

    Raises `OperationRefused` for a date to come, a closed dossier, a measure of that kind under way, or a team to whom
    the household took back its agreement that the evaluation be passed on (what nobody asked is not refused).
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, MANAGE, dossier)
    _require_own_team(by, operator)
    _require_past(started_on)
    if dossier.state == State.CLOS:
        raise OperationRefused("Ce dossier est clos : rouvrez-le avant d’y ouvrir un accompagnement.")
    if operator is not None and operator.kind != OrganisationKind.ACCOMPAGNEMENT:
        raise OperationRefused("Choisissez une équipe d’accompagnement.")
    if Measure.objects.live().filter(dossier=dossier, kind=kind).exists():
        raise OperationRefused("Un accompagnement de ce type est déjà en cours.")
    agreed = audiences([dossier.pk], Purpose.SUPPORT)[dossier.pk]
    if operator is not None and not agreed.lets(operator.pk):
        raise OperationRefused(
            "Le ménage n’est pas d’accord pour que cette équipe reçoive son évaluation : demandez-le-lui de nouveau et "
            "notez-le dans l’évaluation, ou choisissez une équipe avec laquelle il est d’accord."
        )
    measure = Measure(dossier=dossier, kind=kind, operator=operator, source=Source.ACT, created_at=timezone.now())
    measure.save(force_insert=True)
    for name, told in (("accept", {}), ("start", {"on": started_on})):
        getattr(measure, name)(**told)
        measure.save(update_fields=["state", "started_on"])
    if operator is not None:
        grants.grant(dossier, to=operator.team, reason="measure", by=by)
    hold(dossier, HoldCode.MEASURE, holder=measure.pk, by=by)
    journal.record("measure.opened", target=measure.pk, dossier=dossier.pk, by=by, kind=kind.value)
    return measure


@transaction.atomic
def end_measure(measure_id: UUID, *, on: date, by: User | None) -> Measure:
    """The measure is over: neither the lease nor the dossier ends. Its operator no longer sees the dossier."""
    dossier = lock(Dossier.objects, Measure.objects.values_list("dossier", flat=True).get(pk=measure_id))
    require(by, MANAGE, dossier)
    measure = lock(Measure.objects, measure_id)
    _require_own_team(by, measure.operator)
    _require_past(on)
    if measure.started_on is not None and on < measure.started_on:
        raise OperationRefused("Un accompagnement finit après avoir commencé : vérifiez la date.")
    steps = path(Measure, measure.state, MeasureState.TERMINEE, avoiding=frozenset())
    if not steps:
        raise OperationRefused("Cet accompagnement est déjà terminé.")
    for step in steps:
        getattr(measure, step.name)(**({"on": on} if step.target == MeasureState.TERMINEE else {}))
        measure.save(update_fields=["state", "ended_on"])
    release(dossier, HoldCode.MEASURE, holder=measure.pk, by=by)
    journal.record("measure.ended", target=measure.pk, dossier=dossier.pk, by=by)
    others = Measure.objects.live().filter(dossier=dossier, operator=measure.operator_id)
    operator = measure.operator
    if operator is not None and not others.exists():
        grants.revoke(
            dossier, of=operator.team, reason="measure"
        )  # last: what follows could not read the dossier any more
    return measure


def teams_of(user: User) -> QuerySet[Organisation]:
    """The teams for which `user` opens and ends measures: all of them for the SIAO, her own otherwise."""
    teams = Organisation.objects.open().filter(kind=OrganisationKind.ACCOMPAGNEMENT)
    if not user.has_perm(INSTRUCT):
        teams = teams.filter(memberships__in=Membership.objects.live().filter(user=user)).distinct()
    return teams.order_by("sort_key")


def _require_own_team(by: User | None, operator: Organisation | None) -> None:
    if by is None or by.has_perm(INSTRUCT):
        return
    if operator is None or not teams_of(by).filter(pk=operator.pk).exists():
        raise NotAllowed("Une mesure s’ouvre et se termine par son équipe, ou par le SIAO.")


def _require_past(on: date) -> None:
    if on > timezone.localdate():
        raise OperationRefused("Écrivez une date passée, ou celle d’aujourd’hui.")


def awaiting(user: User) -> QuerySet[Dossier]:
    """Households in their dwelling that nobody accompanies yet; none for who does not open measures."""
    if not user.has_perm(MANAGE):
        return Dossier.objects.none()
    accompanied = Measure.objects.live().filter(dossier=OuterRef("pk"))
    housed = Dossier.objects.visible_to(user).filter(~Exists(accompanied), state=State.LOGE)
    return housed.order_by("state_on", "reference")
