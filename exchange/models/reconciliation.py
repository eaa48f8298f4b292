"""What is kept of a comparison with SI-SIAO: what its words mean, who is who there, differences that stay."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models

from accounts.models import Organisation
from cases.dossiers.models import Dossier
from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted


class CodedColumn(models.TextChoices):
    """The columns of SI-SIAO that hold words of a list. Its lists are not public: their words are told here."""

    STATUS = "status", "Statut de la demande"
    ETHOS = "ethos", "Situation résidentielle"
    HOUSEHOLD = "household_type", "Composition du ménage"


class Compared(models.TextChoices):
    """What is compared of a dossier and of a request."""

    LAST_NAME = "last_name", "Nom"
    FIRST_NAME = "first_name", "Prénom"
    BIRTH_DATE = "birth_date", "Né(e) le"
    SEX = "sex", "Sexe"
    UNIQUE_NUMBER = "unique_number", "Numéro unique"
    HOUSEHOLD = "household_type", "Composition du ménage"
    ETHOS = "ethos", "Situation de logement"
    STATUS = "status", "État"


class ValueMapping(Vaulted):
    """What a word of SI-SIAO means here, for a whole organisation; an empty `code` leaves the word alone.

    A row is never rewritten: the last one for the same word holds, the former ones are its history. A word may hold
    anything, since somebody chose the column: it is sealed, under the organisation's key.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    column = models.CharField("colonne", max_length=20, choices=CodedColumn.choices)
    word = EncryptedText("mot", label="exchange.value_mapping.word", klass=KeyClass.IDENTITY)
    code = models.CharField("valeur de Seuil", max_length=60, blank=True)
    told_at = models.DateTimeField("dit le")
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta(Vaulted.Meta):
        verbose_name = "valeur du SI-SIAO"
        verbose_name_plural = "valeurs du SI-SIAO"
        indexes = [models.Index(fields=["organisation", "told_at"], name="value_of_organisation")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(subject_id=models.F("organisation")),
                name="value_sealed_for_its_organisation",
                violation_error_message="Une valeur est chiffrée sous la clé de son organisation.",
            ),
            models.CheckConstraint(condition=models.Q(column__in=CodedColumn.values), name="value_column"),
        ]

    def __str__(self) -> str:
        return "valeur du SI-SIAO"


class OfDossier(Vaulted):
    """What a person said of a dossier and of SI-SIAO; a row is never rewritten. Sealed for the household."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="+")
    told_at = models.DateTimeField("dit le")
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    dossier_id: UUID

    class Meta(Vaulted.Meta):
        abstract = True


class Recognised(OfDossier):
    """A request of SI-SIAO is of this dossier, or is not: the last row of a dossier and a number holds."""

    number = EncryptedText("numéro SI-SIAO", label="exchange.recognised.number", klass=KeyClass.IDENTITY)
    is_same = models.BooleanField("la même situation")

    class Meta(OfDossier.Meta):
        verbose_name = "demande du SI-SIAO reconnue"
        verbose_name_plural = "demandes du SI-SIAO reconnues"

    def __str__(self) -> str:
        return "demande reconnue"


class KeptDifference(OfDossier):
    """A difference that was seen and refused: what Seuil says stays, and it is not shown until a value changes."""

    field = models.CharField("champ", max_length=20, choices=Compared.choices)
    told = EncryptedText("les deux valeurs", label="exchange.kept_difference.told", klass=KeyClass.IDENTITY)
    """JSON: ours, theirs."""

    class Meta(OfDossier.Meta):
        verbose_name = "différence gardée"
        verbose_name_plural = "différences gardées"
        constraints = [
            models.CheckConstraint(condition=models.Q(field__in=Compared.values), name="kept_difference_field")
        ]

    def __str__(self) -> str:
        return "différence gardée"
