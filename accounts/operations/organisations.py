"""Organisations: made, recognised under their several names, verified, reworded, closed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.utils import timezone

from accounts.grants import require
from accounts.models import Invitation, ListName, Membership, Organisation, OrganisationAlias, OrganisationKind, User
from accounts.operations.lists import LISTS, keep_history
from audit import journal
from core.errors import OperationRefused
from core.locking import lock
from core.names import fold

ACCOUNTS = "accounts.manage_accounts"
ONE_SIAO = "Il y a un seul SIAO : sa nature ne change pas, et aucune autre organisation ne la prend."
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
def add_organisation(name: str, kind: OrganisationKind, *, aliases: Sequence[str], by: User) -> Organisation:
    """A new organisation, by hand. Raises `NotAllowed`, `OperationRefused` when a name is another one’s."""
    require(by, LISTS)
    if kind == OrganisationKind.SIAO:
        raise OperationRefused(ONE_SIAO)
    for each in (name, *aliases):
        _require_free(_named(each), None)
    made = create_organisation(name, kind, by=by, aliases=tuple(aliases))
    keep_history(ListName.ORGANISATION, made.pk, {}, told(made), by=by)
    return made


@transaction.atomic
def edit_organisation(
    organisation_id: UUID, *, name: str, kind: OrganisationKind, aliases: Sequence[str], is_closed: bool, by: User
) -> Organisation:
    """Reword, close or open again an organisation; `aliases` are added to the names it answers to, none is taken away.

    Raises `NotAllowed`, and `OperationRefused` when a name is another one’s, or when people still work there.
    """
    organisation = lock(Organisation.objects, organisation_id)
    require(by, LISTS)
    names = [_named(each) for each in (name, *aliases)]
    if (organisation.kind == OrganisationKind.SIAO) != (kind == OrganisationKind.SIAO):
        raise OperationRefused(
            "Il y a un seul SIAO : sa nature ne change pas, et aucune autre organisation ne la prend."
        )
    for each in names:
        _require_free(each, organisation)
    if is_closed and organisation.closed_at is None:
        _require_nobody(organisation)
    before = told(organisation)
    organisation.name, organisation.sort_key, organisation.kind = names[0], fold(names[0]), kind
    organisation.closed_at = (organisation.closed_at or timezone.now()) if is_closed else None
    organisation.save(update_fields=["name", "sort_key", "kind", "closed_at"])
    OrganisationAlias.objects.bulk_create(
        (OrganisationAlias(key=key, organisation=organisation) for key in dict.fromkeys(map(fold, names))),
        ignore_conflicts=True,
    )
    keep_history(ListName.ORGANISATION, organisation.pk, before, told(organisation), by=by)
    return organisation


def told(organisation: Organisation) -> dict[str, str | bool]:
    """The words of an organisation, as its history keeps them."""
    others = organisation.aliases.exclude(key=organisation.sort_key).order_by("key").values_list("key", flat=True)
    return {
        "nom": organisation.name,
        "nature": str(organisation.get_kind_display()),
        "autres noms": ", ".join(others),
        "fermée": organisation.closed_at is not None,
    }


def install_siao(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the territory's SIAO exists, once."""
    if connection.alias == "default" and not Organisation.objects.filter(kind=OrganisationKind.SIAO).exists():
        create_organisation(SIAO_NAME, OrganisationKind.SIAO, by=None, aliases=SIAO_ALIASES)


def siao() -> Organisation:
    """The territory's SIAO."""
    return Organisation.objects.select_related("team").get(kind=OrganisationKind.SIAO)


def _require_free(name: str, organisation: Organisation | None) -> None:
    homonym = Organisation.objects.known_as(name).first()
    if homonym is not None and homonym != organisation:
        raise OperationRefused(f"« {homonym} » porte déjà le nom « {name} ». Donnez-en un qui les distingue.")


def _require_nobody(organisation: Organisation) -> None:
    if organisation.kind == OrganisationKind.SIAO:
        raise OperationRefused("Le SIAO ne se ferme pas.")
    there = Membership.objects.lasting().filter(organisation=organisation).count()
    if there:
        raise OperationRefused("Des personnes y travaillent encore : mettez d’abord fin à leurs rôles, puis fermez-la.")
    if Invitation.objects.unsettled().filter(organisation=organisation).exists():
        raise OperationRefused("Des invitations y sont en attente : retirez-les d’abord, puis fermez-la.")


def _named(name: str) -> str:
    """The name, tidied. One that folds to nothing would be everybody's namesake."""
    if not fold(name):
        raise OperationRefused("Donnez le nom de l’organisme, en toutes lettres.")
    return " ".join(name.split())
