"""The fiche de situation: what the members of a séance are told of a household, and nothing else (domaine § 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from uuid import UUID, uuid4

import pgtrigger
from django.db import models
from django.db.models import F, Func, Q

from accounts.models import Membership
from cases.dossiers.models import Dossier
from commission.models.examens import Examen, ExamenGroupGrant
from commission.models.seances import Seance
from core.constraints import Refuses
from vault.fields import EncryptedDecimal, EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class AgeBand(models.TextChoices):
    """Age of the titulaire on the day of the séance; never the age itself."""

    MINOR = "0-17", "moins de 18 ans"
    FROM_18 = "18-24", "18 à 24 ans"
    FROM_25 = "25-34", "25 à 34 ans"
    FROM_35 = "35-44", "35 à 44 ans"
    FROM_45 = "45-54", "45 à 54 ans"
    FROM_55 = "55-64", "55 à 64 ans"
    FROM_65 = "65-", "65 ans et plus"


class Income(models.TextChoices):
    """What a household lives on. Which allowance or pension is not told: some of them tell of health."""

    ACTIVITE = "ACTIVITE", "activité"
    ALLOCATION = "ALLOCATION", "allocation"
    PENSION = "PENSION", "pension"
    PLUSIEURS = "PLUSIEURS", "plusieurs natures"
    AUTRE = "AUTRE", "autre"
    SANS = "SANS", "sans ressource"


class Housing(models.TextChoices):
    """Where the household lives, at the level of ETHOS categories.

    Wider where the category itself tells of an origin or of violence (4 and 5 are told with 3, 10 as insecure).
    """

    RUE = "RUE", "espace public"
    URGENCE = "URGENCE", "hébergement d’urgence"
    HEBERGEMENT = "HEBERGEMENT", "hébergement temporaire"
    INSTITUTION = "INSTITUTION", "sortie d’institution"
    ACCOMPAGNE = "ACCOMPAGNE", "logement accompagné"
    TIERS = "TIERS", "chez des tiers ou sans bail"
    EXPULSION = "EXPULSION", "menace d’expulsion"
    PRECAIRE = "PRECAIRE", "logement précaire"
    PROVISOIRE = "PROVISOIRE", "habitat provisoire"
    INDIGNE = "INDIGNE", "logement indigne"
    SURPEUPLE = "SURPEUPLE", "surpeuplement"


class FicheQuerySet(VaultQuerySet["Fiche"]):
    def told_to(self, user: User) -> Self:
        """The fiches that a live grant shows to one of the organisations of `user`, none of a protected dossier: every
        look-up by a member starts here. The policies of PostgreSQL say the same."""
        return self.filter(examen__in=live_grants_of(user).values("content_object"))

    def last_versions(self) -> Self:
        """The last version of each examen's fiche."""
        return self.order_by("examen_id", "-version").distinct("examen_id")


def live_grants_of(user: User) -> models.QuerySet[ExamenGroupGrant]:
    """What is open now to the organisations of `user`, by PostgreSQL's clock; nothing of a protected dossier, nor
    of a household that took its agreement back."""
    teams = Membership.objects.live().filter(user=user).values("organisation__team")
    found: models.QuerySet[ExamenGroupGrant] = ExamenGroupGrant.objects.filter(
        _IsTold(F("content_object")), group__in=teams
    )
    return found


class _IsTold(Func):
    """« Its dossier is not protected, and its household has not taken its agreement back »: asked of PostgreSQL for who
    reads no dossier (`config/db_rights/`)."""

    function = "seuil_is_told"
    output_field = models.BooleanField()
    conditional = True


class Fiche(Vaulted):
    """A version of what the members are told: sealed for the household, and never changed.

    It repeats séance and reference, since its readers see neither the dossier nor the examen. It has no column for
    a name, a prescripteur, a unique number, health, justice or origin: what is not there cannot leak.
    Amounts are euros; `resources`, per month, are rounded to ten (an exact amount names some allowances).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    examen = models.ForeignKey(Examen, models.PROTECT, related_name="fiches")
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="fiches")
    seance = models.ForeignKey(Seance, models.PROTECT, related_name="fiches")
    version = models.PositiveSmallIntegerField("version")
    reference = models.CharField("référence", max_length=40)
    passage = models.PositiveSmallIntegerField("passage")
    evaluated_on = models.DateField("évaluation du", null=True)
    request_until = models.DateField("demande de logement valable jusqu’au", null=True)
    age_band = EncryptedText("âge", label="commission.fiche.age_band", klass=KeyClass.SOCIAL, null=True, pad_to=32)
    household_type = EncryptedText(
        "composition", label="commission.fiche.household_type", klass=KeyClass.SOCIAL, null=True, pad_to=32
    )
    children = EncryptedText("enfants", label="commission.fiche.children", klass=KeyClass.SOCIAL, null=True, pad_to=32)
    income = EncryptedText(
        "nature des ressources", label="commission.fiche.income", klass=KeyClass.SOCIAL, null=True, pad_to=32
    )
    resources = EncryptedDecimal("ressources", label="commission.fiche.resources", klass=KeyClass.SOCIAL, null=True)
    rent_debt = EncryptedDecimal("dette de loyer", label="commission.fiche.rent_debt", klass=KeyClass.SOCIAL, null=True)
    housing = EncryptedText(
        "logement aujourd’hui", label="commission.fiche.housing", klass=KeyClass.SOCIAL, null=True, pad_to=32
    )
    adhesion = EncryptedText("adhésion", label="commission.fiche.adhesion", klass=KeyClass.SOCIAL, null=True, pad_to=32)
    # what the household wishes and what is proposed to it: codes of `cases.dossiers.models.questions.lists`
    communes = EncryptedText(
        "communes souhaitées", label="commission.fiche.communes", klass=KeyClass.SOCIAL, null=True, pad_to=64
    )
    sizes = EncryptedText(
        "taille du logement", label="commission.fiche.sizes", klass=KeyClass.SOCIAL, null=True, pad_to=32
    )
    floor = EncryptedText("étage", label="commission.fiche.floor", klass=KeyClass.SOCIAL, null=True, pad_to=32)
    access = EncryptedText(
        "accessibilité", label="commission.fiche.access", klass=KeyClass.SOCIAL, null=True, pad_to=64
    )
    animals = EncryptedText("animaux", label="commission.fiche.animals", klass=KeyClass.SOCIAL, null=True, pad_to=64)
    priority = EncryptedText(
        "recours DALO", label="commission.fiche.priority", klass=KeyClass.SOCIAL, null=True, pad_to=16
    )
    debt_plan = EncryptedText(
        "plan d’apurement", label="commission.fiche.debt_plan", klass=KeyClass.SOCIAL, null=True, pad_to=16
    )
    support = EncryptedText(
        "accompagnement proposé", label="commission.fiche.support", klass=KeyClass.SOCIAL, null=True, pad_to=96
    )
    papers = EncryptedText(
        "pièces attendues", label="commission.fiche.papers", klass=KeyClass.SOCIAL, null=True, pad_to=8
    )
    told_at = models.DateTimeField("établie le")

    dossier_id: UUID
    examen_id: UUID
    seance_id: UUID
    objects = FicheQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "fiche de situation"
        verbose_name_plural = "fiches de situation"
        permissions = [("read_fiche", "Lire les fiches de ses séances")]
        triggers = [
            *Vaulted.Meta.triggers,
            Refuses(
                name="fiche_frozen",
                operation=pgtrigger.Update | pgtrigger.Delete,
                message="Une fiche établie ne change plus : ce qui change en fait une nouvelle version.",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["examen", "version"], name="fiche_version"),
            models.CheckConstraint(condition=Q(version__gte=1, passage__gte=1), name="fiche_numbers_from_1"),
        ]

    def __str__(self) -> str:
        return f"fiche, version {self.version}"
