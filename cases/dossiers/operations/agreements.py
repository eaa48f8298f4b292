"""What a household agrees that others know: given, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.grants import require
from accounts.models import Organisation, OrganisationKind, User
from audit import journal
from cases.dossiers.models import Agreement, Dossier, Purpose
from cases.dossiers.models.questions import WRITE_HEALTH
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.answers.places import stop_sharing
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

FOLLOW_AGREEMENT = "fiche.agreement"  # what the members of a séance read follows the agreements (`commission.tasks`)
KINDS = {Purpose.LANDLORDS: OrganisationKind.BAILLEUR, Purpose.SUPPORT: OrganisationKind.ACCOMPAGNEMENT}
OTHER_KIND = {
    Purpose.LANDLORDS: "Cet accord se donne pour un bailleur, ou pour tous : choisissez-le dans la liste.",
    Purpose.SUPPORT: "Cet accord se donne pour une équipe d’accompagnement, ou toutes : choisissez-la dans la liste.",
}
TO_COME = "Écrivez une date passée, ou celle d’aujourd’hui."


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """For what, with whom (all, without a partner), since which day."""

    purpose: Purpose
    on: date
    partner: Organisation | None = None


@transaction.atomic
def give_agreement(dossier_id: UUID, told: NewAgreement, *, by: User | None) -> Agreement:
    """The household agrees, or agrees again: what had closed opens to those to whom it agrees now.

    Raises `OperationRefused` for a date to come, a partner whom the purpose does not concern, or an agreement that is
    in force already.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if told.on > timezone.localdate():
        raise OperationRefused(TO_COME)
    if told.partner is not None and told.partner.kind != KINDS[told.purpose]:
        raise OperationRefused(OTHER_KIND[told.purpose])
    standing = Agreement.objects.in_force().filter(dossier=dossier, purpose=told.purpose, partner=told.partner)
    if standing.exists():
        raise OperationRefused("Cet accord est déjà donné. S’il a changé, retirez-le d’abord.")
    agreement = Agreement(
        dossier=dossier,
        purpose=told.purpose,
        partner=told.partner,
        given_on=told.on,
        recorded_at=timezone.now(),
        recorded_by=by,
    )
    agreement.save(force_insert=True)
    journal.record("agreement.given", target=agreement.pk, dossier=dossier.pk, by=by, purpose=told.purpose.value)
    _follow(agreement)
    return agreement


@transaction.atomic
def withdraw_agreement(agreement_id: UUID, *, on: date, by: User | None) -> Agreement:
    """The household takes it back: what asked for it is no longer possible, and what it had opened closes.

    When none is left for landlords, PostgreSQL shows the fiches to no member any more (`seuil_is_told`), and the
    situation is no longer presented; the worker ends the grants. Raises `OperationRefused`.
    """
    found = Agreement.objects.get(pk=agreement_id)
    dossier = lock(Dossier.objects, found.dossier_id)
    require(by, INSTRUCT, dossier)
    agreement = Agreement.objects.get(pk=agreement_id)
    if agreement.withdrawn_on is not None:
        raise OperationRefused("Cet accord est déjà retiré.")
    if on > timezone.localdate():
        raise OperationRefused(TO_COME)
    if on < agreement.given_on:
        raise OperationRefused("Cet accord a été donné plus tard : vérifiez la date.")
    agreement.withdraw(on=on, at=timezone.now())
    agreement.save(update_fields=["withdrawn_on", "withdrawn_at"])
    journal.record("agreement.withdrawn", target=agreement.pk, dossier=dossier.pk, by=by)
    _follow(agreement)
    return agreement


def _follow(agreement: Agreement) -> None:
    """Whatever the state of the dossier: a fiche is read long after the séance."""
    if agreement.purpose == Purpose.LANDLORDS:
        outbox.enqueue(FOLLOW_AGREEMENT, dossier=str(agreement.dossier_id))


@transaction.atomic
def stop_sharing_health(dossier_id: UUID, *, by: User | None) -> int:
    """The person no longer agrees that the social worker reads of her health: it closes at once, frozen or not."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, WRITE_HEALTH, dossier)
    closed = stop_sharing(dossier)
    journal.record("health.unshared", target=dossier.pk, dossier=dossier.pk, by=by, answers=closed)
    return closed


def agreements_of(dossier: Dossier) -> QuerySet[Agreement]:
    """Those of a dossier, the last one first, taken back or not."""
    return Agreement.objects.filter(dossier=dossier).select_related("partner").order_by("-given_on", "-recorded_at")
