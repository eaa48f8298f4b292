"""What people do with accounts and organisations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts.grants import require
from accounts.models import Membership, Organisation, OrganisationAlias, OrganisationKind, User
from accounts.roles import ROLES, Code
from audit import journal
from core.errors import OperationRefused
from core.locking import lock
from core.names import fold

ACCOUNTS = "accounts.manage_accounts"
SIAO_NAME = "SIAO de la Savoie"
SIAO_ALIASES = ("SIAO", "SIAO 73", "SIAO Savoie")


@transaction.atomic
def create_organisation(
    name: str, kind: OrganisationKind, *, by: User | None, aliases: tuple[str, ...] = (), to_verify: bool = False
) -> Organisation:
    """A new organisation with its team.

    Raises `IntegrityError` when one of its names is taken, `OperationRefused` for a name without a letter or a figure.
    """
    name = _named(name)
    organisation = Organisation(
        name=name, sort_key=fold(name), kind=kind, is_to_verify=to_verify, created_at=timezone.now()
    )
    organisation.team = Group.objects.create(name=f"team:{organisation.pk}")
    organisation.save(force_insert=True)
    keys = dict.fromkeys(fold(_named(each)) for each in (name, *aliases))
    OrganisationAlias.objects.bulk_create(OrganisationAlias(key=key, organisation=organisation) for key in keys)
    journal.record("organisation.created", target=organisation.pk, by=by, kind=kind.value, to_verify=to_verify)
    return organisation


@transaction.atomic
def recognise_organisation(name: str, kind: OrganisationKind, *, by: User | None) -> Organisation:
    """The organisation that bears `name`, else a new one, « à vérifier » by an administrator.

    One to verify whose nature was not known takes `kind`.
    """
    found = Organisation.objects.known_as(name).first()
    if found is None:
        return create_organisation(name, kind, by=by, to_verify=True)
    if found.is_to_verify and found.kind == OrganisationKind.AUTRE != kind:
        found.kind = kind
        found.save(update_fields=["kind"])
    return found


def awaiting(user: User) -> QuerySet[Organisation]:
    """The organisations that a register named and that nobody has verified; none for who does not keep accounts."""
    found = Organisation.objects.filter(is_to_verify=True)
    return found if user.has_perm(ACCOUNTS) else found.none()


@transaction.atomic
def verify_organisation(organisation_id: UUID, *, name: str, kind: OrganisationKind, by: User) -> Organisation:
    """Say the right name and nature of an organisation that a register named; it keeps answering to its former name.

    Raises `NotAllowed`, and `OperationRefused` when it is verified already or another one bears the name.
    """
    organisation = lock(Organisation.objects, organisation_id)
    require(by, ACCOUNTS)
    if not organisation.is_to_verify:
        raise OperationRefused("Cette organisation est déjà vérifiée.")
    name = _named(name)
    homonym = Organisation.objects.known_as(name).exclude(pk=organisation.pk).first()
    if homonym is not None:
        raise OperationRefused(f"« {homonym} » porte déjà ce nom. Donnez-en un qui les distingue.")
    organisation.name, organisation.sort_key, organisation.kind = name, fold(name), kind
    organisation.is_to_verify = False
    organisation.save(update_fields=["name", "sort_key", "kind", "is_to_verify"])
    OrganisationAlias.objects.get_or_create(key=fold(name), organisation=organisation)
    journal.record("organisation.verified", target=organisation.pk, by=by, kind=kind.value)
    return organisation


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
    """End a membership now: what it gave is gone at the next request."""
    Membership.objects.live().filter(pk=membership.pk).update(valid_until=Now())
    journal.record("membership.left", target=membership.user_id, by=by, role=membership.role)


def install_roles(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the roles' groups carry the permissions that `roles.py` says, no more."""
    if connection.alias != "default":
        return
    for role in ROLES.values():
        group, _ = Group.objects.get_or_create(name=role.group_name)
        wanted = [_permission(name) for name in sorted(role.permissions)]
        group.permissions.set(wanted)


def install_siao(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the territory's SIAO exists, once."""
    if connection.alias == "default" and not Organisation.objects.filter(kind=OrganisationKind.SIAO).exists():
        create_organisation(SIAO_NAME, OrganisationKind.SIAO, by=None, aliases=SIAO_ALIASES)


def siao() -> Organisation:
    """The territory's SIAO."""
    return Organisation.objects.select_related("team").get(kind=OrganisationKind.SIAO)


def _named(name: str) -> str:
    """The name, tidied. One that folds to nothing would be everybody's namesake."""
    if not fold(name):
        raise OperationRefused("Donnez le nom de l’organisme, en toutes lettres.")
    return " ".join(name.split())


def _permission(name: str) -> Permission:
    app, code = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=code)
