"""Opening a dossier by hand, to a person or a team, until a date; and ending it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts import grants
from accounts.grants import require
from accounts.models import Membership, Organisation, User
from accounts.roles import ROLES
from audit import journal
from audit.refusals import refused
from cases.dossiers.models import BY_HAND, Dossier, DossierGroupGrant, DossierUserGrant, GrantReason
from cases.dossiers.operations.acts import INSTRUCT, VIEW
from core.errors import OperationRefused
from core.locking import lock

LONGEST = timedelta(days=365)
ENDED_BY_HAND = (*BY_HAND, GrantReason.URGENCY)  # the others end with what they come from
Grant = DossierUserGrant | DossierGroupGrant


@dataclass(frozen=True, slots=True)
class Opening:
    """What is given: to whom, why (a reason given by hand), and the last day."""

    to: User | Organisation
    reason: str
    last_day: date


@transaction.atomic
def open_by_hand(dossier_id: UUID, opening: Opening, *, by: User | None) -> Grant:
    """Open a dossier to a person or a team, from now to the end of a day.

    Raises `OperationRefused` for a day that is past or more than a year away, for somebody whom her role would let see
    nothing, who has such an opening already, and for the team of a protected dossier.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if opening.reason not in BY_HAND:
        raise OperationRefused("Choisissez le motif dans la liste.")
    until = _end_of(opening.last_day, dossier)
    to = opening.to
    if isinstance(to, User):
        _require_reader(to)
        given = DossierUserGrant.objects.filter(content_object=dossier, user=to, reason__in=BY_HAND)
        live = grants.open_now(given).first()
    else:
        if dossier.is_protected:
            raise OperationRefused("Ce dossier est protégé : il s’ouvre à des personnes, pas à une équipe.")
        live = DossierGroupGrant.objects.filter(content_object=dossier, group=to.team_id, reason__in=BY_HAND).first()
    if live is not None:
        raise OperationRefused(f"« {to} » a déjà une telle ouverture : mettez-y fin avant d’en donner une autre.")
    target = to if isinstance(to, User) else to.team
    made = grants.grant(dossier, to=target, reason=opening.reason, by=by, until=until)
    kind = "person" if isinstance(to, User) else "team"
    journal.record("grant.given", target=made.pk, dossier=dossier.pk, by=by, to=kind, reason=opening.reason)
    return made  # type: ignore[return-value]


@transaction.atomic
def end_by_hand(dossier_id: UUID, grant_id: UUID, *, by: User | None) -> Grant:
    """End now what was opened by hand, or in an emergency. Raises `OperationRefused` when it is over, or derived."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    found = find(dossier, grant_id)
    if found is None or found.reason not in ENDED_BY_HAND:
        raise OperationRefused("Cette ouverture ne se termine pas d’ici : elle finit avec ce qui l’a donnée.")
    if not type(found).objects.filter(pk=found.pk).update(valid_until=Now()):
        raise OperationRefused("Cette ouverture est déjà finie.")
    journal.record("grant.ended", target=found.pk, dossier=dossier.pk, by=by, reason=found.reason)
    return found


def readers(permission: str = VIEW) -> QuerySet[User]:
    """The people whose role sees dossiers, those to whom one may be opened; or gives this permission on them."""
    held = Membership.objects.live().filter(user=OuterRef("pk"), role__in=_roles(permission))
    return User.objects.filter(Exists(held), is_active=True).order_by("last_name", "first_name", "pk")


def reading_bodies() -> QuerySet[Organisation]:
    """The organisations where such people work."""
    held = Membership.objects.live().filter(organisation=OuterRef("pk"), role__in=_roles(VIEW), user__is_active=True)
    return Organisation.objects.filter(Exists(held))


def find(dossier: Dossier, grant_id: UUID) -> Grant | None:
    """The grant of a dossier, live or not; None when there is none."""
    person = DossierUserGrant.ever.filter(content_object=dossier, pk=grant_id).select_related("user").first()
    team = DossierGroupGrant.ever.filter(content_object=dossier, pk=grant_id)
    found: Grant | None = person or team.select_related("group__organisation").first()
    return found


def _roles(permission: str) -> list[str]:
    return [code.value for code, role in ROLES.items() if permission in role.permissions]


def _require_reader(person: User) -> None:
    if not person.is_active or not person.has_perm(VIEW):
        raise OperationRefused("Le rôle de cette personne ne lui montre aucun dossier : choisissez quelqu’un d’autre.")


def _end_of(last_day: date, dossier: Dossier) -> datetime:
    """The midnight that ends a day of Savoie."""
    today = timezone.localdate()
    if last_day < today:
        refused("grant.refused", why="over_before_it_begins", target=dossier.pk, dossier=dossier.pk)
        raise OperationRefused("Cette date est passée : une ouverture finit après son début. Donnez un jour à venir.")
    if last_day > today + LONGEST:
        raise OperationRefused("Une ouverture dure un an au plus : donnez une date plus proche.")
    return timezone.make_aware(datetime.combine(last_day + timedelta(days=1), time.min))
