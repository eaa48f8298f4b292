"""The communes that a wish or a dwelling may name."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Commune(models.Model):
    """A commune, by its code of the Insee, which never changes; its name may (mergers, a corrected spelling)."""

    code = models.CharField("code Insee", max_length=5, primary_key=True)
    name = models.CharField("nom", max_length=100)
    sort_key = models.CharField("clé de tri", max_length=100, editable=False)
    is_active = models.BooleanField("proposée", default=True)

    class Meta:
        verbose_name = "commune"
        ordering = ["sort_key", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9][0-9AB][0-9]{3}$"),
                name="commune_code",
                violation_error_message="Un code Insee a cinq signes, par exemple 73065.",
            )
        ]

    def __str__(self) -> str:
        return self.name
