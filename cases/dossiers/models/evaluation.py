"""What the SIAO learns of a household: the evaluation, its housing request, where it lives."""

from __future__ import annotations

from uuid import UUID, uuid4

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from cases.dossiers.models.choices import MissingNumber, Source
from cases.dossiers.models.dossier import Dossier
from cases.dossiers.models.people import Person
from core.constraints import Refuses, frozen, in_order
from vault.fields import EncryptedDecimal, EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet

FROZEN = "Cette évaluation est figée : une correction en fait une nouvelle version."


class EvaluationQuerySet(VaultQuerySet["Evaluation"]):
    def latest_first(self) -> EvaluationQuerySet:
        return self.order_by("dossier_id", "-version")

    def current(self) -> EvaluationQuerySet:
        """The last version of each dossier."""
        return self.latest_first().distinct("dossier_id")


class Evaluation(Vaulted):
    """A version of the evaluation of a situation; its subject is the household.

    Frozen once presented: PostgreSQL refuses any change, a correction is the next version.
    Amounts are euros per month; `ethos` is an ETHOS code and its label.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="evaluations")
    version = models.PositiveSmallIntegerField("version")
    evaluated_on = models.DateField("datée du", null=True)
    frozen_at = models.DateTimeField("figée le", null=True)
    household_type = EncryptedText(
        "composition", label="dossiers.evaluation.household_type", klass=KeyClass.SOCIAL, null=True, pad_to=32
    )
    children = EncryptedText(
        "enfants", label="dossiers.evaluation.children", klass=KeyClass.SOCIAL, null=True, pad_to=4
    )
    resource = EncryptedText(
        "nature des ressources", label="dossiers.evaluation.resource", klass=KeyClass.SOCIAL, null=True, pad_to=32
    )
    resources = EncryptedDecimal(
        "ressources du mois", label="dossiers.evaluation.resources", klass=KeyClass.SOCIAL, null=True
    )
    rent_debt = EncryptedDecimal(
        "dette de loyer", label="dossiers.evaluation.rent_debt", klass=KeyClass.SOCIAL, null=True
    )
    ethos = EncryptedText("situation de logement", label="dossiers.evaluation.ethos", klass=KeyClass.SOCIAL, null=True)
    adhesion = EncryptedText(
        "adhésion", label="dossiers.evaluation.adhesion", klass=KeyClass.SOCIAL, null=True, pad_to=8
    )
    source = models.CharField("origine", max_length=10, choices=Source.choices)
    recorded_at = models.DateTimeField("inscrite le")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    dossier_id: UUID
    objects = EvaluationQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "évaluation"
        triggers = [
            *Vaulted.Meta.triggers,
            frozen(name="evaluation_frozen", since="frozen_at", message=FROZEN),
            Refuses(
                name="evaluation_kept",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__frozen_at__isnull=False),
                message="Une évaluation figée ne se supprime pas.",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "version"], name="evaluation_version"),
            models.CheckConstraint(condition=Q(version__gte=1), name="evaluation_version_from_1"),
        ]

    def __str__(self) -> str:
        return f"évaluation, version {self.version}"


class HousingRequest(Vaulted):
    """The social-housing request of a person: its unique number, when it was renewed, or why there is none."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="housing_requests")
    person = models.ForeignKey(Person, models.PROTECT, related_name="housing_requests")
    number = EncryptedText(
        "numéro unique", label="dossiers.housing_request.number", klass=KeyClass.IDENTITY, null=True, pad_to=24
    )
    missing_reason = EncryptedText(
        "pourquoi il n’y en a pas",
        label="dossiers.housing_request.missing_reason",
        klass=KeyClass.IDENTITY,
        null=True,
        pad_to=24,
    )
    renewed_on = models.DateField("renouvelée le", null=True)
    recorded_at = models.DateTimeField("inscrite le")

    class Meta(Vaulted.Meta):
        verbose_name = "demande de logement social"
        verbose_name_plural = "demandes de logement social"
        constraints = [
            models.UniqueConstraint(fields=["dossier", "person"], name="housing_request_once"),
            models.CheckConstraint(condition=Q(subject_id=models.F("person_id")), name="housing_request_subject"),
        ]

    def __str__(self) -> str:
        return "demande de logement social"

    @property
    def missing_words(self) -> str:
        """Why there is no number, in words; nothing when it is not said."""
        told = self.missing_reason
        return str(MissingNumber(told).label) if told in MissingNumber.values else ""


class ResidentialSituation(Vaulted):
    """Where a person lived, from when to when; an unknown date stays empty.

    `seen_on` is the day the situation was stated, when its limits are not known.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="residential_situations")
    person = models.ForeignKey(Person, models.PROTECT, related_name="residential_situations")
    ethos = EncryptedText("situation", label="dossiers.residence.ethos", klass=KeyClass.SOCIAL)
    started_on = models.DateField("depuis", null=True)
    ended_on = models.DateField("jusqu’à", null=True)
    seen_on = models.DateField("constatée le", null=True)
    source = models.CharField("origine", max_length=10, choices=Source.choices)
    recorded_at = models.DateTimeField("inscrite le")

    class Meta(Vaulted.Meta):
        verbose_name = "situation résidentielle"
        verbose_name_plural = "situations résidentielles"
        constraints = [
            models.CheckConstraint(condition=Q(subject_id=models.F("person_id")), name="residence_subject"),
            in_order("started_on", "ended_on", name="residence_dates", message="Une période finit après son début."),
        ]

    def __str__(self) -> str:
        return "situation résidentielle"
