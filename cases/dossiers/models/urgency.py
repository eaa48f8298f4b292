"""A dossier opened in an emergency by somebody to whom nobody had opened it."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cases.dossiers.models.dossier import Dossier
from core.constraints import in_order
from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet


class UrgencyReason(models.TextChoices):
    """Why it could not wait."""

    DANGER = "DANGER", "une personne est en danger"
    NOBODY = "NOBODY", "personne d’autre ne peut agir aujourd’hui"
    RIGHTS = "RIGHTS", "une personne demande ses données"
    JUSTICE = "JUSTICE", "une autorité le demande"


class UrgentOpening(Vaulted):
    """Who opened it, why, until when; and whether the DPO has looked at it since.

    `reference` is repeated here: the DPO reads this row, not the dossier.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="urgent_openings")
    reference = models.CharField("référence", max_length=40)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField("ouvert le")
    until = models.DateTimeField("jusqu’à")
    reason = models.CharField("motif", max_length=10, choices=UrgencyReason.choices)
    note = EncryptedText("ce qui se passe", label="dossiers.urgency.note", klass=KeyClass.SOCIAL)
    told_at = models.DateTimeField("signalé le", null=True)
    examined_at = models.DateTimeField("examiné le", null=True)
    examined_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    dossier_id: UUID
    objects = VaultQuerySet["UrgentOpening"].as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "ouverture en urgence"
        verbose_name_plural = "ouvertures en urgence"
        indexes = [models.Index(fields=["-opened_at"], name="urgency_by_date")]
        constraints = [
            models.CheckConstraint(condition=Q(reason__in=UrgencyReason.values), name="urgency_reason"),
            in_order(
                "opened_at", "until", name="urgency_dates", message="Une ouverture en urgence finit après son début."
            ),
            models.CheckConstraint(
                condition=Q(examined_at=None, examined_by=None)
                | Q(examined_at__isnull=False, examined_by__isnull=False),
                name="urgency_examined_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(examined_by=None) | ~Q(examined_by=F("opened_by")),
                name="urgency_examined_by_another",
                violation_error_message="On n’examine pas sa propre ouverture en urgence.",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
