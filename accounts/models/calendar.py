"""The address at which a person's own agenda (a telephone, a mail program) reads her days."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q

from accounts.models.user import User


class CalendarAddress(models.Model):
    """One for each person, until she ends it: whoever holds it reads counts, no name. Only a print of it is kept."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="calendar_address")
    token_hash = models.CharField("empreinte de l’adresse", max_length=64, unique=True)
    opened_at = models.DateTimeField("créée le")
    last_read_on = models.DateField("lue le", null=True)  # a day: the hours would tell when its holder wakes

    user_id: UUID

    class Meta:
        verbose_name = "adresse d’agenda"
        verbose_name_plural = "adresses d’agenda"
        constraints = [
            models.CheckConstraint(
                condition=Q(("token_hash__regex", r"^[0-9a-f]{64}$")), name="calendar_address_is_a_print"
            )
        ]

    def __str__(self) -> str:
        return f"adresse d’agenda du {self.opened_at:%d/%m/%Y}"
