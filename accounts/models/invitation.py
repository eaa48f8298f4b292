"""An invitation: whom, where, in which role. Its link works once, for 72 hours; only a hash of it is kept."""

from __future__ import annotations

from typing import Self
from uuid import UUID, uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from accounts.models.organisation import Organisation
from accounts.models.user import Membership, User
from accounts.roles import ROLES, Code
from core.constraints import set_together


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def unsettled(self) -> Self:
        """Neither accepted nor withdrawn: still usable, or too late and to be sent again."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def usable(self) -> Self:
        """What its link still opens, by PostgreSQL's clock: the end needs no job."""
        return self.unsettled().filter(expires_at__gt=Now())


class Invitation(models.Model):
    """A role offered to an address. The address is forgotten once the invitation is accepted or withdrawn.

    `sendings` counts the mails: each makes a link of its own, and the one before dies (`token_hash`).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField("adresse e-mail", max_length=254, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invitations")
    role = models.CharField("rôle", max_length=30, choices=[(code, role.label) for code, role in ROLES.items()])
    ends_at = models.DateTimeField("fin du rôle", null=True, blank=True)
    in_charge = models.BooleanField("responsable des accès", default=False)
    replaces = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+", verbose_name="remplace")
    sendings = models.PositiveSmallIntegerField("envois", default=1)
    token_hash = models.CharField("empreinte du lien", max_length=64, unique=True)
    expires_at = models.DateTimeField("utilisable jusqu’à")
    invited_at = models.DateTimeField("envoyée le")
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField("acceptée le", null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField("retirée le", null=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    organisation_id: UUID
    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        constraints = [
            models.CheckConstraint(condition=Q(role__in=list(Code)), name="invitation_role"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="invitation_email_lower"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("invited_at")), name="invitation_dates"),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None),
                name="invitation_settled_once",
                violation_error_message="Une invitation acceptée ne se retire pas.",
            ),
            models.CheckConstraint(
                condition=Q(Q(accepted_at=None, withdrawn_at=None), ~Q(email=""))
                | Q(Q(accepted_at__isnull=False) | Q(withdrawn_at__isnull=False), email=""),
                name="invitation_forgets_the_address",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | Q(ends_at__isnull=False),
                name="invitation_replacement_ends",
                violation_error_message="Un remplacement a une date de fin.",
            ),
            set_together(
                "accepted_at",
                "accepted_by",
                name="invitation_accepted",
                message="Qui accepte, et quand, vont ensemble.",
            ),
            set_together(
                "withdrawn_at",
                "withdrawn_by",
                name="invitation_withdrawn",
                message="Qui retire, et quand, vont ensemble.",
            ),
            models.UniqueConstraint(
                fields=["email", "organisation", "role"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="invitation_once",
                violation_error_message="Cette adresse est déjà invitée à ce rôle : renvoyez l’invitation.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} ({self.organisation})"
