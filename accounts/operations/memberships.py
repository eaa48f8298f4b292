"""Who holds which role where: taken, changed, ended, replaced; and leaving, which ends every access at once."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now
from django.utils import timezone

from accounts import grants
from accounts.models import Membership, Organisation, User
from accounts.operations.keeping import require_above, require_another, require_giving, require_keeping
from accounts.roles import ROLES, Code
from accounts.signin.operations import end_sessions
from audit import journal
from audit.refusals import refused
from core.errors import OperationRefused
from core.http import name_of, sentence_of
from core.locking import lock

ENDED = "Ce rôle a déjà pris fin. Rechargez la page."
LAST = (
    "C’est le dernier administrateur technique sans date de fin : donnez d’abord ce rôle à une autre personne, "
    "sinon plus personne ne tiendrait les comptes."
)


@transaction.atomic
def join(
    user: User, organisation: Organisation, role: Code, *, by: User | None, until: datetime | None = None
) -> Membership:
    """A person takes a role in an organisation, from now.

    Raises `IntegrityError` when the roles are incompatible, or already held there. One role at a time for a person:
    two exclusion constraints met at once would end in a deadlock instead of that refusal.
    """
    lock(User.objects, user.pk)
    membership = Membership(user=user, organisation=organisation, role=role, valid_from=Now(), valid_until=until)
    membership.save(force_insert=True)
    membership.refresh_from_db(fields=["valid_from"])
    journal.record("membership.joined", target=user.pk, by=by, organisation=str(organisation.pk), role=role.value)
    return membership


@transaction.atomic
def leave(membership: Membership, *, by: User | None) -> None:
    """End a membership now: what it gave is gone at the next request. The last one there closes the rest, as
    `end_membership` does."""
    if Membership.objects.live().filter(pk=membership.pk).update(valid_until=Now()) and not _stays(membership):
        _close_access(membership.user, membership.organisation, None, by)
    journal.record("membership.left", target=membership.user_id, by=by, role=membership.role)


@transaction.atomic
def change_role(membership_id: UUID, role: Code, *, by: User) -> Membership:
    """End a role and start another in the same organisation, in one act; its end date and its charge stay.

    Raises `NotAllowed`, and `OperationRefused` when the new role does not go there, or not with the others.
    """
    held = _taken(membership_id, by)
    require_giving(by, held.organisation, role)
    if held.role == role:
        raise OperationRefused("Cette personne tient déjà ce rôle : choisissez-en un autre.")
    _require_an_administrator_stays(held)
    until, was = held.valid_until, held.role
    _end(held, None)
    taken = Membership(
        user=held.user,
        organisation=held.organisation,
        role=role,
        valid_from=Now(),
        valid_until=until,
        in_charge=held.in_charge,
        replaces_id=held.replaces_id,
    )
    _insert(taken)
    journal.record(
        "membership.role_changed",
        target=held.user_id,
        by=by,
        organisation=str(held.organisation_id),
        role=role.value,
        was=was,
    )
    return taken


@transaction.atomic
def end_membership(membership_id: UUID, *, on: date | None, by: User) -> Membership:
    """End a role now, or at the end of a day to come. The last one there closes the rest: grants, and sessions if now.

    Raises `NotAllowed`, and `OperationRefused` when it is over already, or for the last administrator.
    """
    held = _taken(membership_id, by)
    _require_an_administrator_stays(held)
    at = None if on is None else end_of(on)
    _require_order(held, at)
    _end(held, at)
    if not _stays(held):
        _close_access(held.user, held.organisation, at, by)
    journal.record(
        "membership.ended",
        target=held.user_id,
        by=by,
        organisation=str(held.organisation_id),
        role=held.role,
        planned=at is not None,
    )
    return held


@transaction.atomic
def replace(membership_id: UUID, substitute: User, *, since: date, until: date, by: User) -> Membership:
    """`substitute` holds the role of somebody away, from a day to another, both included.

    Raises `NotAllowed`, and `OperationRefused` for dates that are not in order or roles that do not go together.
    """
    held = _kept(membership_id, by)
    if substitute.pk == held.user_id:
        raise OperationRefused("On ne se remplace pas soi-même : choisissez une autre personne.")
    require_another(by, substitute)
    require_giving(by, held.organisation, Code(held.role))
    if not substitute.is_active:
        raise OperationRefused("Ce compte est suspendu : il ne peut remplacer personne.")
    if since < timezone.localdate():
        raise OperationRefused("Un remplacement commence aujourd’hui ou plus tard.")
    if until < since:
        raise OperationRefused("La fin d’un remplacement vient après son début.")
    lock(User.objects, substitute.pk)
    begins = Now() if since == timezone.localdate() else _start_of(since)
    taken = Membership(
        user=substitute,
        organisation=held.organisation,
        role=held.role,
        valid_from=begins,
        valid_until=end_of(until),
        replaces=held,
    )
    _insert(taken)
    journal.record(
        "membership.replaced",
        target=held.user_id,
        by=by,
        organisation=str(held.organisation_id),
        role=held.role,
        substitute=str(substitute.pk),
    )
    return taken


@transaction.atomic
def put_in_charge(membership_id: UUID, *, in_charge: bool, by: User) -> Membership:
    """Give, or take away, the charge of the access of the people of that organisation.

    Raises `NotAllowed` for anybody but the technical administrator, `OperationRefused` when it is so already.
    """
    held = _taken(membership_id, by)
    require_above(by, Code(held.role), in_charge=True)
    if held.in_charge == in_charge:
        raise OperationRefused("C’est déjà fait. Rechargez la page.")
    held.in_charge = in_charge
    held.save(update_fields=["in_charge"])
    event = "membership.charge_given" if in_charge else "membership.charge_taken"
    journal.record(event, target=held.user_id, by=by, organisation=str(held.organisation_id))
    return held


@transaction.atomic
def leave_organisation(user_id: UUID, organisation: Organisation, *, by: User) -> int:
    """« A quitté l’organisation »: every role there ends now, what was opened to the person closes, her sessions too.

    What was opened to her as one of the people of another organisation stays. Returns how many roles ended. Raises
    `NotAllowed`, and `OperationRefused` when she has none there.
    """
    person = lock(User.objects, user_id)
    require_keeping(by, organisation)
    require_another(by, person)
    there = Membership.objects.lasting().filter(user=person, organisation=organisation)
    if there.filter(role=Code.ADMIN_TECHNIQUE).exists():
        _lock_administrators()
    held = list(there.order_by("pk").select_for_update(of=("self",)))
    if not held:
        raise OperationRefused("Cette personne n’a plus de rôle dans cette organisation. Rechargez la page.")
    for membership in held:
        require_above(by, Code(membership.role), in_charge=membership.in_charge)
        _require_an_administrator_stays(membership)
        _end(membership, None)
    _close_access(person, organisation, None, by)
    journal.record("person.left", target=person.pk, by=by, organisation=str(organisation.pk), roles=len(held))
    return len(held)


def install_roles(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the roles' groups carry the permissions that `roles.py` says, no more."""
    if connection.alias != "default":
        return
    for role in ROLES.values():
        group, _ = Group.objects.get_or_create(name=role.group_name)
        wanted = [_permission(name) for name in sorted(role.permissions)]
        group.permissions.set(wanted)


def add_membership(
    user: User,
    organisation: Organisation,
    role: Code,
    *,
    until: datetime | None,
    in_charge: bool = False,
    replaces: Membership | None = None,
) -> Membership:
    """What an accepted invitation gives. The person is locked by the caller, or not known to others yet."""
    taken = Membership(
        user=user,
        organisation=organisation,
        role=role,
        valid_from=Now(),
        valid_until=until,
        in_charge=in_charge,
        replaces=replaces,
    )
    _insert(taken)
    return taken


def _kept(membership_id: UUID, by: User) -> Membership:
    """A role in force or to come that `by` may tend."""
    held = Membership.objects.lasting().select_related("user", "organisation").filter(pk=membership_id).first()
    if held is None:
        raise OperationRefused(ENDED)
    require_keeping(by, held.organisation)
    return held


def _taken(membership_id: UUID, by: User) -> Membership:
    """The same, locked with its person (in that order, as `join`), and not one's own."""
    held = _kept(membership_id, by)
    lock(User.objects, held.user_id)
    if held.role == Code.ADMIN_TECHNIQUE:
        _lock_administrators()
    held = _kept(lock(Membership.objects, held.pk).pk, by)  # as it stands now that nobody else may change it
    require_another(by, held.user)
    require_above(by, Code(held.role), in_charge=held.in_charge)
    return held


def _require_an_administrator_stays(held: Membership) -> None:
    if held.role != Code.ADMIN_TECHNIQUE:
        return
    others = Membership.objects.live().filter(role=Code.ADMIN_TECHNIQUE, valid_until=None, user__is_active=True)
    if not others.exclude(user=held.user_id).exists():
        raise OperationRefused(LAST)


def _lock_administrators() -> None:
    """Two administrators ended at once wait for each other: all their rows are locked, in one order."""
    every = Membership.objects.filter(role=Code.ADMIN_TECHNIQUE).order_by("pk").select_for_update(of=("self",))
    list(every.values_list("pk", flat=True))


def _require_order(held: Membership, at: datetime | None) -> None:
    if at is None:
        return
    if at <= timezone.now():
        raise OperationRefused("Choisissez aujourd’hui ou un jour à venir, ou mettez fin au rôle maintenant.")
    if at <= held.valid_from:
        raise OperationRefused("La fin d’un rôle vient après son début.")


def _end(held: Membership, at: datetime | None) -> None:
    """Write the end: now, or at an instant to come. What had not begun never takes effect."""
    if at is not None:
        ending = Membership.objects.filter(pk=held.pk).update(valid_until=at)
    elif held.valid_from > timezone.now():
        ending = Membership.objects.filter(pk=held.pk).update(valid_until=held.valid_from)
    else:
        ending = Membership.objects.filter(pk=held.pk).update(valid_until=Now())
    if ending != 1:
        raise OperationRefused(ENDED)


def _stays(held: Membership) -> bool:
    """She holds another role in that organisation, now or to come."""
    others = Membership.objects.lasting().filter(user=held.user_id, organisation=held.organisation_id)
    return others.exclude(pk=held.pk).exists()


def _close_access(person: User, organisation: Organisation, at: datetime | None, by: User | None) -> None:
    """What was opened to the person there closes then; her sessions end too when it is now."""
    grants.end_all(person, organisation, at=at)
    if at is None:
        end_sessions(person, by=by)


def _insert(membership: Membership) -> None:
    """Insert, or refuse in the words of the rule that stands against it."""
    try:
        with transaction.atomic():
            membership.save(force_insert=True)
    except IntegrityError as error:
        refused("membership.refused", why=name_of(error) or "rule", target=membership.user_id)
        raise OperationRefused(sentence_of(error)) from None
    membership.refresh_from_db(fields=["valid_from"])


def _start_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """The instant when that day is over, here."""
    return _start_of(day + timedelta(days=1))


def _permission(name: str) -> Permission:
    app, code = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=code)
