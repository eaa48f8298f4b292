"""What a household agrees that others know of it: for what, with whom, since when; taken back when it wants."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from cases.dossiers.models.dossier import Dossier
from core.constraints import in_order, set_together


class Purpose(models.TextChoices):
    """What the agreement is for."""

    LANDLORDS = "LANDLORDS", "présenter sa situation aux bailleurs de la commission"
    SUPPORT = "SUPPORT", "transmettre l’évaluation à l’équipe d’accompagnement"


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def in_force(self) -> Self:
        """Given, and not taken back."""
        return self.filter(withdrawn_on=None)


class Agreement(models.Model):
    """An agreement given by the household; without a partner, it is for all of those of its purpose.

    Never rewritten: taking it back dates its end, giving it again is another row.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="agreements")
    purpose = models.CharField("objet", max_length=12, choices=Purpose.choices)
    partner = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, related_name="+", verbose_name="partenaire"
    )
    given_on = models.DateField("donné le")
    recorded_at = models.DateTimeField("inscrit le")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    withdrawn_on = models.DateField("retiré le", null=True)
    withdrawn_at = models.DateTimeField("retrait inscrit le", null=True)

    dossier_id: UUID
    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = "accord"
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="agreement_purpose"),
            in_order("given_on", "withdrawn_on", name="agreement_dates", message="Un accord se retire après son jour."),
            set_together(
                "withdrawn_on",
                "withdrawn_at",
                name="agreement_withdrawn_and_told",
                message="Un retrait dit son jour et quand il a été inscrit.",
            ),
            models.UniqueConstraint(
                fields=["dossier", "purpose", "partner"],
                condition=Q(withdrawn_on=None),
                nulls_distinct=False,
                name="agreement_once",
                violation_error_message="Cet accord est déjà donné.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_purpose_display()

    def withdraw(self, *, on: date, at: datetime) -> None:
        """Taken back, from that day on."""
        self.withdrawn_on, self.withdrawn_at = on, at
