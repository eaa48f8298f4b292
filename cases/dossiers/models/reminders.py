"""« Me le rappeler le… »: a day, a sentence, one person, on one dossier."""

from __future__ import annotations

from datetime import date
from typing import Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cases.dossiers.models.dossier import Dossier
from core.constraints import set_together
from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet


class ReminderQuerySet(VaultQuerySet["Reminder"]):
    def waiting(self) -> Self:
        """Not done, the first to come first."""
        return self.filter(done_at=None).order_by("due_on", "pk")

    def until(self, limit: date) -> Self:
        """Waiting, and due by `limit`."""
        return self.waiting().filter(due_on__lte=limit)


class Reminder(Vaulted):
    """What somebody wants to be reminded of on a day; its subject is the household. Put off, its day alone changes."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="reminders")
    due_on = models.DateField("à rappeler le")
    text = EncryptedText("à se rappeler", label="dossiers.reminder.text", klass=KeyClass.SOCIAL)
    whom = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="à qui")
    made_at = models.DateTimeField("inscrit le")
    done_at = models.DateTimeField("fait le", null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    dossier_id: UUID
    whom_id: UUID
    objects = ReminderQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "rappel"
        indexes = [models.Index(fields=["whom", "due_on"], condition=Q(done_at=None), name="reminder_waiting")]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(done_at__gte=F("made_at")),
                name="reminder_done_after_it_is_made",
                violation_error_message="Un rappel se fait après avoir été inscrit.",
            ),
            set_together(
                "done_at", "done_by", name="reminder_done_by", message="Dites qui a fait ce rappel, et quand."
            ),
        ]

    def __str__(self) -> str:
        return "rappel"
