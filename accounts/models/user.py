"""Accounts, and their dated memberships."""

from __future__ import annotations

from typing import Any, ClassVar, Self
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Permission, PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, OuterRef, Q, Value
from django.db.models.functions import Concat, Lower, Now

from accounts.models.organisation import Organisation
from accounts.roles import ROLES, Code, incompatible_pairs


class TsTzRange(Func):
    """`tstzrange(from, until)`: half open, an absent end meaning « still »."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account; an absent password lets nobody in until one is set."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """One person who signs in. Rights come from memberships and grants, never from a super-user flag."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField("adresse e-mail", unique=True)
    first_name = models.CharField("prénom", max_length=100)
    last_name = models.CharField("nom", max_length=100)
    is_active = models.BooleanField("actif", default=True)
    created_at = models.DateTimeField("créé le", auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]
    objects = UserManager()

    class Meta:
        verbose_name = "compte"
        permissions = [("manage_accounts", "Tenir les comptes et les réglages")]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower"),
            models.CheckConstraint(
                condition=Q(is_superuser=False),
                name="user_nobody_above_the_rights",
                violation_error_message="Aucun compte ne passe au-dessus des droits.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or "compte"

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        return (self.first_name[:1] + self.last_name[:1]).upper()


class MembershipQuerySet(models.QuerySet["Membership"]):
    def live(self) -> Self:
        """In force now, by PostgreSQL's clock: an end needs no job."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=Now()), valid_from__lte=Now())

    def with_permissions(self) -> Self:
        """Each with `allowed`: the permissions (`app_label.codename`) of its role’s group."""
        group = Concat(Value("role:"), OuterRef("role"))
        named = Concat("content_type__app_label", Value("."), "codename")
        found = Permission.objects.filter(group__name=group).order_by().values_list(named)
        return self.annotate(allowed=ArraySubquery(found))


class Membership(models.Model):
    """A person holds a role in an organisation, from a date, until another."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, models.PROTECT, verbose_name="personne", related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = models.CharField("rôle", max_length=30, choices=[(code, role.label) for code, role in ROLES.items()])
    valid_from = models.DateTimeField("depuis")
    valid_until = models.DateTimeField("jusqu’à", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "appartenance"
        constraints = [
            models.CheckConstraint(condition=Q(role__in=list(Code)), name="membership_role"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="membership_dates",
                violation_error_message="La fin d’une appartenance vient après son début.",
            ),
            ExclusionConstraint(
                name="membership_once",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("organisation", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
                violation_error_message="Cette personne a déjà ce rôle dans cette organisation.",
            ),
            *(
                ExclusionConstraint(
                    name=f"apart_{one}_{other}"[:60],
                    expressions=[
                        ("user", RangeOperators.EQUAL),
                        ("role", RangeOperators.NOT_EQUAL),
                        (TsTzRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                    ],
                    condition=Q(role__in=[one.value, other.value]),
                    violation_error_message=(
                        f"Une même personne ne peut pas être à la fois {ROLES[one].label} et {ROLES[other].label}."
                    ),
                )
                for one, other in incompatible_pairs()
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} ({self.organisation})"
