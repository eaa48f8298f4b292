"""Files received on the import page, sealed while their preview is read; what was told of their columns, kept."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models

from accounts.models import Organisation
from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted


class Sent(models.TextChoices):
    """What was sent, and so how it is read."""

    REGISTER = "situations", "registre de situations"
    SI_SIAO = "si_siao", "extraction du SI-SIAO"


class PendingImport(models.Model):
    """Files sent by a person who has not yet confirmed: only she sees them, and they are deleted afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField("reçu le")
    kind = models.CharField("nature", max_length=10, choices=Sent.choices, default=Sent.REGISTER)

    class Meta:
        verbose_name = "import en attente"
        verbose_name_plural = "imports en attente"
        constraints = [models.CheckConstraint(condition=models.Q(kind__in=Sent.values), name="pending_import_kind")]

    def __str__(self) -> str:
        return "import en attente"


class PendingFile(Vaulted):
    """One file of a pending import; its subject is the import itself. The content is base64."""

    pending = models.ForeignKey(PendingImport, models.CASCADE, related_name="files")
    rank = models.PositiveSmallIntegerField("rang")
    name = EncryptedText("nom", label="exchange.pending_file.name", klass=KeyClass.IDENTITY)
    content = EncryptedText("contenu", label="exchange.pending_file.content", klass=KeyClass.IDENTITY)

    class Meta(Vaulted.Meta):
        verbose_name = "fichier en attente"
        verbose_name_plural = "fichiers en attente"
        constraints = [models.UniqueConstraint(fields=["pending", "rank"], name="pending_file_rank")]

    def __str__(self) -> str:
        return "fichier en attente"


class ColumnMapping(Vaulted):
    """What a person told once of the columns of a sheet (of situations, of SI-SIAO), for her whole organisation.

    A row is never rewritten: the last one for the same headers says what holds now, the former ones are its history.
    One that is withdrawn says that these headers are not recognised any more. Headers may hold anything, a name among
    them: they are sealed, under the organisation's key.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    name = EncryptedText("nom", label="exchange.column_mapping.name", klass=KeyClass.IDENTITY)
    headers = EncryptedText("en-têtes", label="exchange.column_mapping.headers", klass=KeyClass.IDENTITY)
    """JSON: the key of every header, with its meaning or null."""
    kind = models.CharField("nature", max_length=10, choices=Sent.choices, default=Sent.REGISTER)
    is_withdrawn = models.BooleanField("oubliée", default=False)
    told_at = models.DateTimeField("retenue le")
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(Vaulted.Meta):
        verbose_name = "correspondance de colonnes"
        verbose_name_plural = "correspondances de colonnes"
        indexes = [models.Index(fields=["organisation", "told_at"], name="mapping_of_organisation")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(subject_id=models.F("organisation")),
                name="mapping_sealed_for_its_organisation",
                violation_error_message="Une correspondance est chiffrée sous la clé de son organisation.",
            ),
            models.CheckConstraint(condition=models.Q(kind__in=Sent.values), name="mapping_kind"),
        ]

    def __str__(self) -> str:
        return "correspondance de colonnes"
