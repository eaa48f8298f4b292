"""Accounts, and their dated memberships."""

from __future__ import annotations

from typing import Any, ClassVar, Self
from uuid import UUID, uuid4

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
        permissions = [
            ("manage_accounts", "Tenir les comptes et les réglages"),
            ("manage_people", "Tenir les accès des personnes de son organisation"),
            ("edit_lists", "Tenir les listes de référence et les textes"),
        ]
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

    def lasting(self) -> Self:
        """In force now or to come: what an end would take away."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=Now())).exclude(valid_until=F("valid_from"))

    def with_permissions(self) -> Self:
        """Each with `allowed`: the permissions (`app_label.codename`) of its role’s group."""
        group = Concat(Value("role:"), OuterRef("role"))
        named = Concat("content_type__app_label", Value("."), "codename")
        found = Permission.objects.filter(group__name=group).order_by().values_list(named)
        return self.annotate(allowed=ArraySubquery(found))


class Membership(models.Model):
    """A person holds a role in an organisation, from a date, until another.

    One that ends when it begins never took effect: a replacement planned, then given up. `in_charge` lets its holder
    tend the access of the people of that organisation, for as long as the membership lasts.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, models.PROTECT, verbose_name="personne", related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = models.CharField("rôle", max_length=30, choices=[(code, role.label) for code, role in ROLES.items()])
    valid_from = models.DateTimeField("depuis")
    valid_until = models.DateTimeField("jusqu’à", null=True, blank=True)
    in_charge = models.BooleanField("responsable des accès", default=False)
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="replacements", verbose_name="remplace"
    )

    user_id: UUID
    organisation_id: UUID
    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "appartenance"
        constraints = [
            models.CheckConstraint(condition=Q(role__in=list(Code)), name="membership_role"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="membership_dates",
                violation_error_message="La fin d’une appartenance vient après son début.",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | Q(valid_until__isnull=False),
                name="membership_replacement_ends",
                violation_error_message="Un remplacement a une date de fin.",
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


class Confirmation(models.Model):
    """Somebody said, in this quarter (its first day), that the person still works there."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="confirmations")
    quarter = models.DateField("trimestre")
    confirmed_at = models.DateTimeField("confirmée le")
    confirmed_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "confirmation d’une appartenance"
        constraints = [
            models.CheckConstraint(
                condition=Q(quarter__day=1, quarter__month__in=[1, 4, 7, 10]), name="confirmation_quarter"
            ),
            models.UniqueConstraint(
                fields=["membership", "quarter"],
                name="confirmation_once",
                violation_error_message="Cette personne est déjà confirmée pour ce trimestre.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} {self.quarter}"
