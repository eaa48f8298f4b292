"""The grant engine: who may see which dossier, until when, why. The only file that touches guardian.

guardian's models and shortcuts are kept (direct foreign keys), its checker is not: it ignores dates.
A grant is live when `valid_from <= now < valid_until` by PostgreSQL's clock; ending one needs no job.
One object permission is enough, « view »: the role says what, the grant says where.
What is opened to a person is opened to her in an organisation, and only while a role held there sees such rows: a
role that ends by its own date takes it along, with no job either (ADR 0028).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Now
from django.db.models.sql.compiler import SQLCompiler
from guardian.backends import ObjectPermissionBackend
from guardian.managers import GroupObjectPermissionManager, UserObjectPermissionManager
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from accounts.models import Membership, Organisation, OrganisationKind, User
from core.db.acting import current
from core.errors import NotAllowed

M = TypeVar("M", bound=models.Model)
G = TypeVar("G", bound="DatedUserGrant")


def live() -> Q:
    """In force now, by PostgreSQL's clock."""
    return Q(valid_from__lte=Now()) & (Q(valid_until=None) | Q(valid_until__gt=Now()))


class _LiveUserGrants(UserObjectPermissionManager):
    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(live())


class _LiveGroupGrants(GroupObjectPermissionManager):
    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(live())


class Granted(models.Model):
    """What grants open. `open_to` repeats the teams to whom it is open without end, `first_team` the first of them,
    which is compared more quickly: counting is then quick.

    PostgreSQL keeps both from the grants at each of their changes, whatever is written there (a migration of each model
    gives the triggers). Only grants in force are there; the others are looked up, at the instant of the question.
    While `is_protected` no team grant is in force, and `open_to` is empty: persons see it, one by one.
    """

    is_protected: models.BooleanField[bool, bool]  # a field of the model, beside its other facts

    open_to = ArrayField(models.IntegerField(), verbose_name="équipes (sans fin)", default=list, editable=False)
    first_team = models.IntegerField("première équipe (sans fin)", null=True, editable=False)

    class Meta:
        abstract = True


class Dated(models.Model):
    """From when, until when, why, by whom (`None`: the system)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    # guardian's, without its index: every grant has the same permission, and PostgreSQL would read them all by it
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False)
    valid_from = models.DateTimeField("depuis")
    valid_until = models.DateTimeField("jusqu’à", null=True)
    reason = models.CharField("motif", max_length=40)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True


class DatedUserGrant(Dated, UserObjectPermissionBase):
    """A grant to one person. `objects` are those in force by their dates, `ever` all of them.

    It opens nothing without a role in force in `organisation` that sees such rows (`open_now`); none: it never will.
    """

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, verbose_name="au titre de", null=True, related_name="+", db_index=False
    )

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


def visible(queryset: QuerySet[M], user: User, *, of: str = "") -> QuerySet[M]:
    """The rows of `queryset` that a live grant shows to `user`, by person or by team, in one query.

    `of` names the foreign key to what is granted, for rows that only belong to it.

    The grants alone say it: a whole is driven by their indexes, a page walks its order and asks a hash of them, row by
    row (`_InGrants`); both are quick for who sees a few among many. Who sees nearly all asks first the teams written
    on the row, as the policies do: for most rows nothing else is asked. All give the same rows (ADR 0015).
    """
    model = queryset.model
    if of:
        model = cast("type[M]", model._meta.get_field(of).related_model)
    if not _sees_nearly_all(user):
        return queryset.filter(_InGrants(F(of or "pk"), _granted(model), user))
    row, teams = f"{of}__" if of else "", _Teams(Value(user.pk))
    first = _Teams(Value(user.pk), template=FIRST_TEAM, output_field=models.IntegerField())
    by_row = Q(**{f"{row}first_team": first}) | Q(**{f"{row}open_to__overlap": teams})
    unprotected = Q(**{f"{row}is_protected": False})
    if not of:
        # a protected row is never open to a team: it is found among hers before all of theirs are hashed for it
        hers, theirs = (_InGrants(F("pk"), ids(model), user) for ids in (_hers, _theirs))
        return queryset.filter(by_row | Q(hers) | unprotected & Q(theirs))
    # a list to hash seems too dear to be asked of one dossier: PostgreSQL would read them all beside a few leases
    hers_here, theirs_here = (found.filter(content_object=OuterRef(of)) for found in _grants(model, user.pk))
    return queryset.filter(by_row | Exists(hers_here) | unprotected & Exists(theirs_here))


def _grants(model: type[models.Model], person: UUID) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """The live grants of a person on rows of this model: those that open them to her, those to her teams."""
    permission, teams = _ViewPermission(model), _Teams(Value(person))
    where_she_reads = _Bodies(Value(person), permission)
    return (
        _user_grants(model).objects.filter(
            _IsAnyOf(F("organisation"), where_she_reads), user=person, permission=permission
        ),
        _team_grants(model).objects.filter(_IsAnyOf(F("group_id"), teams), permission=permission),
    )


ANYBODY = UUID(int=0)
Written = tuple[str, tuple[Any, ...]]


@cache
def _hers(model: type[models.Model]) -> Written:
    return _written(_grants(model, ANYBODY)[0].values("content_object"))


@cache
def _theirs(model: type[models.Model]) -> Written:
    return _written(_grants(model, ANYBODY)[1].values("content_object"))


@cache
def _granted(model: type[models.Model]) -> Written:
    by_person, by_team = _grants(model, ANYBODY)
    protected = model._default_manager.filter(is_protected=True).order_by().values("pk")
    by_team = by_team.exclude(content_object__in=protected)
    return _written(by_person.values("content_object").union(by_team.values("content_object"), all=True))


def _written(ids: QuerySet[Any, Any]) -> Written:
    """The list as SQL, once for all persons: making it anew took Django longer than PostgreSQL takes to answer it."""
    return ids.query.sql_with_params()


FIRST_TEAM = "(SELECT (seuil_teams(%(expressions)s))[1])"


class _Teams(Func):
    """The teams of a person now; asked once a statement, of the function that the policies ask (its plan is kept)."""

    template = "((SELECT seuil_teams(%(expressions)s))::integer[])"
    output_field = ArrayField(models.IntegerField())


class _Bodies(Func):
    """Where a role in force gives a person this permission now; the same function as the policies'."""

    template = "((SELECT seuil_reading_bodies(%(expressions)s))::uuid[])"
    output_field = ArrayField(models.UUIDField())


class _BodyFor(Func):
    """As a member of which organisation a person receives a grant of this permission from `giver`."""

    function = "seuil_body_for"
    output_field = models.UUIDField()


class _ViewPermission(Func):
    """The permission to view a model, by the function `seuil_view_<model>` of `config/db_rights/`."""

    template = "(SELECT %(function)s())"
    output_field = models.BigIntegerField()

    def __init__(self, model: type[models.Model]) -> None:
        super().__init__(function=f"seuil_view_{model._meta.model_name}")


class _IsAnyOf(Func):
    """« x = ANY(array) »."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = models.BooleanField()
    conditional = True


class _InGrants(Func):
    """« The row is among the granted ones », as a join of them, or asked of each row where only the first are wanted.

    PostgreSQL would turn IN into a join for both, and fetch and sort thousands of rows to show fifty.
    """

    output_field = models.BooleanField()
    conditional = True

    def __init__(self, row: F, granted: Written, user: User) -> None:
        super().__init__(row)
        self.granted, self.person = granted, user.pk

    def as_sql(self, compiler: SQLCompiler, connection: Any, *_: Any, **context: Any) -> tuple[str, Any]:
        """IS TRUE is what keeps it from becoming a join."""
        row, of_row = compiler.compile(self.source_expressions[0])
        ids, of_ids = self.granted
        of_her = [self.person if each == ANYBODY else each for each in of_ids]
        return f"({row} IN ({ids}))" + " IS TRUE" * compiler.query.is_sliced, [*of_row, *of_her]


def grant(
    row: models.Model, *, to: User | Group, reason: str, by: User | None, until: datetime | None = None
) -> DatedUserGrant | DatedGroupGrant:
    """Show `row` to a person or a team, from now, by PostgreSQL's clock: its next statement sees it.

    A grant that ends before now is refused by the database. A person receives it as a member of an organisation where
    her role sees such rows: the giver's if it is also hers, else the one where that lasts. Without one, it opens
    nothing.
    """
    if isinstance(to, Group):
        return grant_teams(row, [to], reason=reason, by=by, until=until)[0]
    people, giver = _user_grants(type(row)), Value(by.pk if by else None, output_field=models.UUIDField(null=True))
    body = _BodyFor(Value(to.pk), giver, _ViewPermission(type(row)))
    # bulk_create: guardian's save() would look the permission's model up again
    said: dict[str, Any] = {**_said(row, reason, by, until), "organisation_id": body}
    return people.ever.bulk_create([people(user=to, **said)])[0]


def open_now(found: QuerySet[G]) -> QuerySet[G]:
    """Of these grants to persons, those that open something now: a role is in force where they were received."""
    held = Membership.objects.live().filter(user=OuterRef("user"), organisation=OuterRef("organisation"))
    role = Concat(Value("role:"), OuterRef("role"))
    allows = Permission.objects.filter(group__name=role, pk=OuterRef(OuterRef("permission")))
    return found.filter(live(), Exists(held.filter(Exists(allows))))


def grant_teams(
    row: models.Model, teams: Sequence[Group], *, reason: str, by: User | None, until: datetime | None = None
) -> list[DatedGroupGrant]:
    """The same to several teams at once. In one statement: the first grants of a new row are free, the next are not."""
    model = _team_grants(type(row))
    return model.ever.bulk_create([model(group=team, **_said(row, reason, by, until)) for team in teams])


def _said(row: models.Model, reason: str, by: User | None, until: datetime | None) -> dict[str, Any]:
    return {
        "permission": _view_permission(type(row)).get(),
        "content_object": row,
        "valid_from": Now(),
        "valid_until": until,
        "reason": reason,
        "granted_by": by,
    }


def revoke(row: models.Model, *, of: User | Group, reason: str = "") -> int:
    """End now every live grant of a person or a team on `row`, or those of one reason; return how many.

    The rows stay, as history.
    """
    if isinstance(of, Group):
        found = _team_grants(type(row)).objects.filter(group=of, content_object=row)
    else:
        found = _user_grants(type(row)).objects.filter(user=of, content_object=row)
    if reason:
        found = found.filter(reason=reason)
    ended: int = found.update(valid_until=Now())
    return ended


def end_all(person: User, body: Organisation, *, at: datetime | None) -> int:
    """End, now or then, all that is opened to one person as a member of `body`, whatever it is; return how many grants.

    Who tends her access there does not see those dossiers: PostgreSQL ends them, once it has looked whether she may
    (`config/db_rights/`).
    """
    if current() is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT seuil_end_grants(%s, %s, %s)", [person.pk, body.pk, at])
            return int(cursor.fetchone()[0])
    ended = 0
    for model in _user_grant_models():
        found = model.objects.filter(user=person, organisation=body)
        ended += found.update(valid_until=Now()) if at is None else found.filter(_beyond(at)).update(valid_until=at)
    return ended


def _user_grant_models() -> list[type[DatedUserGrant]]:
    """The concrete models of grants to one person, whichever app declares them."""
    return [model for model in apps.get_models() if issubclass(model, DatedUserGrant)]


def _beyond(at: datetime) -> Q:
    return Q(valid_until=None) | Q(valid_until__gt=at)


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
        if not isinstance(obj, Granted):
            return False
        return visible(type(obj)._default_manager.filter(pk=obj.pk), user_obj).exists()

    def get_all_permissions(self, user_obj: Any, obj: models.Model | None = None) -> set[str]:
        return {"view"} if self.has_perm(user_obj, "view", obj) else set()

    def get_group_permissions(self, user_obj: Any, obj: models.Model | None = None) -> set[str]:
        return self.get_all_permissions(user_obj, obj)


def _sees_nearly_all(user: User) -> bool:
    """A hint for speed alone: she is of the SIAO, by the memberships that the request has read already."""
    held: list[Membership] = getattr(user, "_live_memberships", None) or []
    return any(membership.organisation.kind == OrganisationKind.SIAO for membership in held)


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
