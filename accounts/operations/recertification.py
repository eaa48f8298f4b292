"""Each quarter, somebody says of every person: she still works here; or ends her access."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Confirmation, Membership, Organisation, User
from accounts.operations.keeping import ACCOUNTS, PEOPLE, kept_by, require_keeping
from audit import journal
from core.errors import OperationRefused
from core.locking import lock


@dataclass(frozen=True, slots=True)
class Due:
    """An organisation where roles are to be confirmed: how many, until which day, and is the last quarter missing?"""

    organisation: Organisation
    count: int
    until: date
    late: int


def quarter_of(day: date) -> date:
    """The first day of the quarter of `day`."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def last_day_of(quarter: date) -> date:
    """The last day of the quarter that begins then."""
    return quarter_of(quarter + timedelta(days=95)) - timedelta(days=1)


def to_confirm(organisation: Organisation, *, today: date) -> QuerySet[Membership]:
    """The roles in force there that began before this quarter and that nobody has confirmed in it.

    Each with `is_late`: nobody had confirmed it in the quarter before either, nor did it begin in it.
    """
    return _unconfirmed(today).filter(organisation=organisation)


def due_by(user: User, *, today: date) -> list[Due]:
    """What awaits `user`: her organisations, if she is in charge of one; for the administrator those that nobody has
    charge of, and those that are late, whoever should have seen to them. Late ones first."""
    if not user.has_perm(PEOPLE):
        return []
    waiting = _unconfirmed(today)
    counts = waiting.values("organisation").annotate(count=Count("pk"), late=Count("pk", filter=Q(is_late=True)))
    found = {row["organisation"]: row for row in counts.order_by()}
    tended = kept_by(user).filter(pk__in=found)
    if user.has_perm(ACCOUNTS):
        tended_by_others = Membership.objects.live().filter(in_charge=True).exclude(user=user).values("organisation")
        late = [pk for pk, row in found.items() if row["late"]]
        tended = tended.filter(~Q(pk__in=tended_by_others) | Q(pk__in=late))
    until = last_day_of(quarter_of(today))
    due = [Due(each, found[each.pk]["count"], until, found[each.pk]["late"]) for each in tended.order_by("sort_key")]
    return sorted(due, key=lambda each: not each.late)


@transaction.atomic
def confirm(membership_id: UUID, *, by: User) -> Confirmation:
    """Say that the person still works there, for this quarter.

    Raises `NotAllowed`, and `OperationRefused` when the role is over or confirmed already.
    """
    held = lock(Membership.objects, membership_id)
    require_keeping(by, held.organisation)
    quarter = quarter_of(timezone.localdate())
    if not Membership.objects.live().filter(pk=held.pk).exists():
        raise OperationRefused("Ce rôle a pris fin : il n’y a plus rien à confirmer. Rechargez la page.")
    if held.confirmations.filter(quarter=quarter).exists():
        raise OperationRefused("Cette personne est déjà confirmée pour ce trimestre. Rechargez la page.")
    made = Confirmation(membership=held, quarter=quarter, confirmed_at=timezone.now(), confirmed_by=by)
    made.save(force_insert=True)
    journal.record(
        "membership.confirmed",
        target=held.user_id,
        by=by,
        organisation=str(held.organisation_id),
        role=held.role,
        quarter=f"{quarter.year}-T{quarter.month // 3 + 1}",
    )
    return made


def _unconfirmed(today: date) -> QuerySet[Membership]:
    quarter = quarter_of(today)
    before = quarter_of(quarter - timedelta(days=1))
    said = Confirmation.objects.filter(membership=OuterRef("pk"))
    waiting = (
        Membership.objects.live().filter(valid_from__lt=_instant(quarter)).exclude(Exists(said.filter(quarter=quarter)))
    )
    return waiting.annotate(is_late=Q(valid_from__lt=_instant(before)) & ~Exists(said.filter(quarter=before)))


def _instant(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
