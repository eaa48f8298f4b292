"""The grants on dossiers: concrete, dated, with a direct foreign key."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.grants import DatedGroupGrant, DatedUserGrant
from cases.dossiers.models.dossier import Dossier


class GrantReason(models.TextChoices):
    """Why a dossier is open to somebody: what made it so, or why who instructs it gave it."""

    OPENING = "opening", "ouverture du dossier"
    IMPORT = "import", "import du registre"
    MEASURE = "measure", "accompagnement en cours"
    REFERENT = "referent", "référent du dossier"
    PROTECTION = "protection", "nommé par la protection"
    URGENCY = "urgency", "ouverture en urgence"
    SHARED = "shared", "suivi partagé"
    REPLACEMENT = "replacement", "remplacement"
    RELAY = "relay", "passage de relais"
    ADVICE = "advice", "avis demandé"


BY_HAND = (GrantReason.SHARED, GrantReason.REPLACEMENT, GrantReason.RELAY, GrantReason.ADVICE)
ENDS_AFTER = Q(valid_until=None) | Q(valid_until__gt=F("valid_from")) | Q(valid_until=F("valid_from"))


class DossierUserGrant(DatedUserGrant):
    """One person sees one dossier."""

    content_object = models.ForeignKey(Dossier, models.CASCADE, related_name="user_grants", db_column="dossier_id")

    class Meta:
        default_manager_name = "ever"
        verbose_name = "ouverture à une personne"
        constraints = [models.CheckConstraint(condition=ENDS_AFTER, name="user_grant_dates")]
        indexes = [
            models.Index(
                fields=["user", "permission", "content_object"],
                include=["valid_from", "valid_until", "organisation"],
                name="user_grant_live",
            )
        ]


class DossierGroupGrant(DatedGroupGrant):
    """One organisation's team sees one dossier."""

    content_object = models.ForeignKey(Dossier, models.CASCADE, related_name="group_grants", db_column="dossier_id")

    class Meta:
        default_manager_name = "ever"
        verbose_name = "ouverture à une équipe"
        constraints = [models.CheckConstraint(condition=ENDS_AFTER, name="group_grant_dates")]
        indexes = [
            models.Index(
                fields=["group", "permission", "content_object"],
                include=["valid_from", "valid_until"],
                name="group_grant_live",
            )
        ]
