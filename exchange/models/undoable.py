"""What an import was, and what it created: enough to undo it as a whole while nothing was built on it."""

from __future__ import annotations

from typing import Self
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from cases.dossiers.models import Dossier
from commission.models import Seance
from core.constraints import set_together

KEEPS_NO_FORMER_VALUE = "Un import qui a modifié ce qui existait ne se défait pas."


class ImportQuerySet(models.QuerySet["Import"]):
    def recent(self) -> Self:
        """The last one first."""
        return self.order_by("-at", "pk")


class Import(models.Model):
    """A register that was written. The row outlives its undoing, which empties it of what it named.

    `organisation` is the one for which it was imported: its people who may import may undo it. `changed` counts the
    dossiers that existed already and that it wrote in, be it the form of a name; `seances_changed`, séances. `bodies`
    are the organisations that it made, to be verified. Only PostgreSQL's `seuil_undo_import` says that it is undone.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField("importé le")
    created = models.PositiveIntegerField("dossiers créés")
    changed = models.PositiveIntegerField("dossiers modifiés")
    seances = models.PositiveIntegerField("séances créées")
    seances_changed = models.PositiveIntegerField("séances modifiées")
    bodies = ArrayField(models.UUIDField(), verbose_name="organisations créées")
    undone_at = models.DateTimeField("défait le", null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        indexes = [models.Index(fields=["organisation", "at"], name="import_of_organisation")]
        constraints = [
            set_together(
                "undone_at",
                "undone_by",
                name="import_undone_by_somebody",
                message="Un import défait dit par qui, et quand.",
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None) | Q(changed=0, seances_changed=0),
                name="import_undone_as_a_whole",
                violation_error_message=KEEPS_NO_FORMER_VALUE,
            ),
            models.CheckConstraint(
                condition=Q(created__gt=0) | Q(changed__gt=0) | Q(seances__gt=0) | Q(seances_changed__gt=0),
                name="import_wrote_something",
                violation_error_message="Un import qui n’a rien écrit n’est pas retenu.",
            ),
        ]

    def __str__(self) -> str:
        return f"import du {self.at:%d/%m/%Y}"


class ImportedDossier(models.Model):
    """A dossier that an import created, and how many rows and acts it had when the import ended.

    PostgreSQL alone writes these rows, in the transaction of the import, and compares them when it is undone: any other
    number means that somebody has worked there since.
    """

    dossier = models.OneToOneField(Dossier, models.PROTECT, primary_key=True, related_name="+")
    source = models.ForeignKey(Import, models.PROTECT, related_name="dossiers", verbose_name="import")
    row_count = models.PositiveIntegerField("lignes")
    act_count = models.PositiveIntegerField("actes au journal")

    dossier_id: UUID

    class Meta:
        verbose_name = "dossier importé"
        verbose_name_plural = "dossiers importés"

    def __str__(self) -> str:
        return "dossier importé"


class ImportedSeance(models.Model):
    """A séance that an import created, and a print of it as it was then (its day, place, state, who was there)."""

    seance = models.OneToOneField(Seance, models.PROTECT, primary_key=True, related_name="+")
    source = models.ForeignKey(Import, models.PROTECT, related_name="seances_created", verbose_name="import")
    as_told = models.CharField("empreinte", max_length=32)

    class Meta:
        verbose_name = "séance importée"
        verbose_name_plural = "séances importées"

    def __str__(self) -> str:
        return "séance importée"
