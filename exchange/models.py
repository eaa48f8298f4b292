"""Files received on the import page, sealed while their preview is read."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models

from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted


class PendingImport(models.Model):
    """Files sent by a person who has not yet confirmed: only she sees them, and they are deleted afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField("reçu le")

    class Meta:
        verbose_name = "import en attente"
        verbose_name_plural = "imports en attente"

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
