"""The grant engine: who may see which dossier, until when, why. The only file that touches guardian.

guardian's models and shortcuts are kept (direct foreign keys), its checker is not: it ignores dates.
A grant is live when `valid_from <= now < valid_until` by PostgreSQL's clock; ending one needs no job.
One object permission is enough, « view »: the role says what, the grant says where.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now
from guardian.backends import ObjectPermissionBackend
from guardian.managers import GroupObjectPermissionManager, UserObjectPermissionManager
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from accounts.models import Membership, User
from core.errors import NotAllowed

M = TypeVar("M", bound=models.Model)


def live() -> Q:
    """In force now, by PostgreSQL's clock."""
    return Q(valid_from__lte=Now()) & (Q(valid_until=None) | Q(valid_until__gt=Now()))


class _LiveUserGrants(UserObjectPermissionManager):
    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(live())


class _LiveGroupGrants(GroupObjectPermissionManager):
    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(live())


class Dated(models.Model):
    """From when, until when, why, by whom (`None`: the system)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    valid_from = models.DateTimeField("depuis")
    valid_until = models.DateTimeField("jusqu’à", null=True)
    reason = models.CharField("motif", max_length=40)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True


class DatedUserGrant(Dated, UserObjectPermissionBase):
    """A grant to one person. `objects` are the live ones, `ever` all of them."""

    objects = _LiveUserGrants()  # type: ignore[misc]
    ever = models.Manager()

    class Meta:
        abstract = True


class DatedGroupGrant(Dated, GroupObjectPermissionBase):
    """A grant to the team of an organisation (its members of the moment)."""

    objects = _LiveGroupGrants()  # type: ignore[misc]
    ever = models.Manager()

    class Meta:
        abstract = True


def visible(queryset: QuerySet[M], user: User) -> QuerySet[M]:
    """The rows of `queryset` that a live grant shows to `user`, by person or by team, in one query.

    EXISTS, as in the policies: PostgreSQL looks a few rows up in the index, and hashes the grants once for many.
    """
    model = queryset.model
    permission = Subquery(_view_permission(model).values("pk")[:1])
    teams = Membership.objects.live().filter(user=user).values("organisation__team")
    of_row = {"content_object": OuterRef("pk"), "permission": permission}
    by_person = _user_grants(model).objects.filter(user=user, **of_row)
    by_team = _team_grants(model).objects.filter(group__in=teams, **of_row)
    return queryset.filter(Exists(by_person) | Exists(by_team))


def grant(
    row: models.Model, *, to: User | Group, reason: str, by: User | None, until: datetime | None = None
) -> DatedUserGrant | DatedGroupGrant:
    """Show `row` to a person or a team, from now, by PostgreSQL's clock: its next statement sees it.

    A grant that ends before now is refused by the database.
    """
    fields = {
        "permission": _view_permission(type(row)).get(),
        "content_object": row,
        "valid_from": Now(),
        "valid_until": until,
        "reason": reason,
        "granted_by": by,
    }
    # bulk_create: guardian's save() would look the permission's model up again
    if isinstance(to, Group):
        teams = _team_grants(type(row))
        return teams.ever.bulk_create([teams(group=to, **fields)])[0]
    people = _user_grants(type(row))
    return people.ever.bulk_create([people(user=to, **fields)])[0]


def revoke(row: models.Model, *, of: User | Group) -> int:
    """End now every live grant of a person or a team on `row`; return how many. The rows stay, as history."""
    if isinstance(of, Group):
        found = _team_grants(type(row)).objects.filter(group=of, content_object=row)
    else:
        found = _user_grants(type(row)).objects.filter(user=of, content_object=row)
    ended: int = found.update(valid_until=Now())
    return ended


def require(user: User | None, permission: str, row: models.Model | None = None) -> None:
    """Role × grant: raise `NotAllowed` unless `user` may do `permission`, on `row` if one is given.

    `user=None` is the system: operations that accept it say so.
    """
    if user is None:
        return
    if not user.has_perm(permission):
        raise NotAllowed("Votre rôle ne permet pas cet acte. Adressez-vous au référent du dossier.")
    if row is not None and not user.has_perm("view", row):
        raise NotAllowed("Ce dossier ne vous est pas ouvert.")


class GrantBackend(ObjectPermissionBackend):
    """`user.has_perm("view", row)`: is there a live grant? (guardian's own answer ignores dates).

    No other permission is given on a row: what one may do there is the role's affair.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: models.Model | None = None) -> bool:
        if obj is None or perm != "view" or not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        if not hasattr(type(obj), "has_grants"):
            return False
        return visible(type(obj)._default_manager.filter(pk=obj.pk), user_obj).exists()

    def get_all_permissions(self, user_obj: Any, obj: models.Model | None = None) -> set[str]:
        return {"view"} if self.has_perm(user_obj, "view", obj) else set()

    def get_group_permissions(self, user_obj: Any, obj: models.Model | None = None) -> set[str]:
        return self.get_all_permissions(user_obj, obj)


def _user_grants(model: type[models.Model]) -> type[DatedUserGrant]:
    found: Any = get_user_obj_perms_model(cast(Any, model))
    return cast("type[DatedUserGrant]", found)


def _team_grants(model: type[models.Model]) -> type[DatedGroupGrant]:
    found: Any = get_group_obj_perms_model(cast(Any, model))
    return cast("type[DatedGroupGrant]", found)


def _view_permission(model: type[models.Model]) -> QuerySet[Permission]:
    meta = model._meta
    return Permission.objects.filter(
        content_type__app_label=meta.app_label,
        content_type__model=meta.model_name,
        codename=f"view_{meta.model_name}",
    )
