"""The outbox: work that must follow an act, written in the act's own transaction."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q


class OutboxMessage(models.Model):
    """One thing to do after an act. `payload` holds identifiers and codes, never a person's data."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    task = models.CharField("tâche", max_length=80)
    payload = models.JSONField("contenu", default=dict)
    created_at = models.DateTimeField("écrit le")
    due_at = models.DateTimeField("à faire à partir de")
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    last_error = models.CharField("dernière erreur (type)", max_length=120, default="", blank=True)
    done_at = models.DateTimeField("fait le", null=True)

    class Meta:
        verbose_name = "message de la boîte d’envoi"
        verbose_name_plural = "boîte d’envoi"
        indexes = [models.Index(fields=["task", "due_at"], condition=Q(done_at=None), name="outbox_open")]

    def __str__(self) -> str:
        return f"{self.task} {self.pk}"
