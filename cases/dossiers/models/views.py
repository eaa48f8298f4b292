"""« Enregistrer cette vue »: a choice of filters that somebody keeps under a name."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted

MOST = 12  # views of one person; more would hide the list
LONGEST = 40  # characters of a name
ONE = "(vue|tri|etat|annee|referent|prescripteur)=[A-Za-z0-9_-]{1,40}"


class KeptView(Vaulted):
    """The codes of an address of the list, hers alone, never changed: deleted, or kept anew.

    Codes and nothing that somebody could have typed: PostgreSQL refuses the rest. The name is free: it is sealed under
    her key, as whoever asks for no name in it sometimes gets one.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    rank = models.PositiveSmallIntegerField("rang")
    name = EncryptedText("nom", label="dossiers.kept_view.name", klass=KeyClass.IDENTITY)
    codes = models.CharField("filtres", max_length=400)

    owner_id: UUID

    class Meta(Vaulted.Meta):
        verbose_name = "vue enregistrée"
        verbose_name_plural = "vues enregistrées"
        ordering = ["rank"]
        constraints = [
            models.CheckConstraint(condition=Q(subject_id=F("owner_id")), name="kept_view_of_its_owner"),
            models.CheckConstraint(condition=Q(rank__range=(1, MOST)), name="kept_view_rank"),
            models.CheckConstraint(condition=Q(codes__regex=f"^{ONE}(&{ONE})*$"), name="kept_view_says_codes"),
            models.UniqueConstraint(
                fields=["owner", "rank"],
                name="kept_view_one_a_rank",
                violation_error_message="Une autre vue vient d’être enregistrée. Recommencez.",
            ),
            models.UniqueConstraint(
                fields=["owner", "codes"],
                name="kept_view_once",
                violation_error_message="Vous avez déjà enregistré cette vue.",
            ),
        ]

    def __str__(self) -> str:
        return "vue enregistrée"
