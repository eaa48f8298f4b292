"""What a person looked for by name, for half an hour: the address of the page says an identifier and nothing else."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet


class NameSearchQuerySet(VaultQuerySet["NameSearch"]):
    def live(self) -> Self:
        """Not over, by PostgreSQL's clock: the end needs no job."""
        return self.filter(expires_at__gt=Now())


class NameSearch(Vaulted):
    """A search: the words, sealed under the key of who looks, the dossiers found then, who was found there and why.

    What is shown of them is asked again of the grants at each page.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    session = models.CharField("empreinte de la session", max_length=64)
    words = EncryptedText("recherche", label="dossiers.name_search.words", klass=KeyClass.IDENTITY)
    found = ArrayField(models.UUIDField(), verbose_name="dossiers trouvés", default=list)
    told = models.JSONField("personnes trouvées", default=list)  # `operations.searching.Match`: ids and codes
    is_partial = models.BooleanField("les plus proches seulement", default=False)
    expires_at = models.DateTimeField("jusqu’à")

    owner_id: UUID
    objects = NameSearchQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "recherche par nom"
        verbose_name_plural = "recherches par nom"
        constraints = [models.CheckConstraint(condition=Q(subject_id=F("owner_id")), name="name_search_of_its_owner")]

    def __str__(self) -> str:
        return "recherche par nom"
