"""By which a person is found: prints of her names, of her birth date, of her numbers (`vault.blind`). No value."""

from __future__ import annotations

from uuid import UUID

from django.db import models

from cases.dossiers.models.people import Person


class PersonIndex(models.Model):
    """One print of one person: `token` says of what kind, and the print (`operations.indexing`).

    Written by whatever writes a person, deleted with her, made again when the epoch of the keys changes.
    """

    pk = models.CompositePrimaryKey("token", "person_id")
    person = models.ForeignKey(Person, models.CASCADE, related_name="index_rows")
    token = models.IntegerField("empreinte")
    epoch = models.SmallIntegerField("époque")

    person_id: UUID

    class Meta:
        verbose_name = "empreinte de recherche"
        verbose_name_plural = "empreintes de recherche"

    def __str__(self) -> str:
        return "empreinte"
