"""The journal's rows. They name UUIDs and codes, never a person, a value or a free text."""

from __future__ import annotations

from typing import ClassVar, Self
from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q


class Kind(models.TextChoices):
    """Two classes of entries, each with its own duration of keeping."""

    ACT = "ACT", "acte"
    READ = "READ", "lecture"


class EntryQuerySet(models.QuerySet["Entry"]):
    def of_dossier(self, dossier: UUID) -> Self:
        """What was done on one dossier, newest first (readings apart: see `readings`)."""
        return self.filter(dossier_id=dossier, kind=Kind.ACT).order_by("-recorded_at", "pk")

    def readings(self, dossier: UUID | models.OuterRef) -> Self:
        """Who opened one dossier, newest first."""
        return self.filter(dossier_id=dossier, kind=Kind.READ).order_by("-recorded_at", "pk")


class Entry(models.Model):
    """One thing that happened. No foreign key: an entry outlives what it tells.

    `leaf` is the RFC 9162 leaf hash of the entry's canonical form (`audit.journal.canonical`).
    The application's roles may insert and read, nothing else (`config/db_rights/`).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    recorded_at = models.DateTimeField("inscrit le")
    kind = models.CharField("classe", max_length=4, choices=Kind.choices)
    event = models.CharField("évènement", max_length=80)
    target_id = models.UUIDField("objet")
    dossier_id = models.UUIDField("dossier", null=True)
    actor_id = models.UUIDField("auteur", null=True)
    codes = models.JSONField("codes", default=dict)
    leaf = models.BinaryField("empreinte", max_length=32)

    objects: ClassVar[models.Manager[Entry]] = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = "entrée du journal"
        verbose_name_plural = "journal"
        permissions = [("read_journal", "Lire le journal")]
        indexes = [
            models.Index(fields=["recorded_at"], name="entry_of_day"),
            models.Index(fields=["dossier_id", "recorded_at"], name="entry_of_dossier"),
            models.Index(fields=["actor_id", "recorded_at"], name="entry_of_actor"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="entry_kind"),
            models.CheckConstraint(condition=Q(event__regex=r"^[a-z_]+(\.[a-z_]+)+$"), name="entry_event"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.target_id}"
