"""Organisations, and the several names under which registers know them."""

from __future__ import annotations

from typing import Self
from uuid import uuid4

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q

from core.names import fold


class OrganisationKind(models.TextChoices):
    """What an organisation is to the territory; one may prescribe whatever its kind."""

    SIAO = "SIAO", "SIAO"
    PRESCRIPTEUR = "PRESCRIPTEUR", "prescripteur"
    BAILLEUR = "BAILLEUR", "bailleur ou opérateur de logement"
    ETAT = "ETAT", "État"
    EPCI = "EPCI", "Grand Chambéry"
    ACCOMPAGNEMENT = "ACCOMPAGNEMENT", "accompagnement"
    TRESOR = "TRESOR", "Trésor public"
    AUTRE = "AUTRE", "autre"


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def known_as(self, name: str) -> Self:
        """The organisation (one at most) that bears `name`, whatever its case, accents and spaces."""
        return self.filter(aliases__key=fold(name))

    def open(self) -> Self:
        """Those still at work: what is offered in a form. A closed one stays where it is named."""
        return self.filter(closed_at=None)


class Organisation(models.Model):
    """A body whose people work with Seuil, or that a dossier names."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField("nom", max_length=200)
    sort_key = models.CharField("clé de tri", max_length=200, editable=False)
    kind = models.CharField("nature", max_length=20, choices=OrganisationKind.choices)
    is_to_verify = models.BooleanField("à vérifier", default=False)
    team = models.OneToOneField(Group, models.PROTECT, verbose_name="équipe", related_name="organisation")
    created_at = models.DateTimeField("créée le")
    closed_at = models.DateTimeField("fermée le", null=True, blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = "organisation"
        ordering = ["sort_key", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=OrganisationKind.values), name="organisation_kind"),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind="SIAO"),
                name="one_siao",
                violation_error_message="Il y a un seul SIAO.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OrganisationAlias(models.Model):
    """One folded name (`core.names.fold`) that means one organisation: two never share a name."""

    key = models.CharField("nom replié", max_length=200, primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name = "autre nom"
        verbose_name_plural = "autres noms"

    def __str__(self) -> str:
        return self.key
