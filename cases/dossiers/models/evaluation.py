"""What the SIAO learns of a household: the evaluation, its housing request, where it lives."""

from __future__ import annotations

from typing import Self
from uuid import UUID, uuid4

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cases.dossiers.models.choices import MissingNumber, PersonRole, Precision, Source, Told
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
    flash_done_at = models.DateTimeField("évaluation flash faite le", null=True)
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


class HousingRequestQuerySet(VaultQuerySet["HousingRequest"]):
    def of_titulaires(self) -> Self:
        """Those of the titulaire of their dossier: another member may have one too, that of before she was replaced."""
        return self.filter(
            person__participations__dossier=F("dossier"), person__participations__role=PersonRole.TITULAIRE
        ).order_by("recorded_at")


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

    objects = HousingRequestQuerySet.as_manager()  # type: ignore[misc]

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


REPLACES_ANOTHER = "Une période en corrige une autre de la même personne."
TO_COME = "Une période ne commence ni ne finit dans l’avenir."
PARIS = "timezone('Europe/Paris', NEW.\"recorded_at\")::date"


class CorrectsTheSame(Refuses):
    """What `replaces` names is another row of the same person."""

    def get_func(self, model: object) -> str:
        """The look-up, then the refusal."""
        return (
            "IF NOT EXISTS (SELECT 1 FROM dossiers_residentialsituation r"  # noqa: S608  no value from elsewhere
            " WHERE r.id = NEW.replaces_id AND r.person_id = NEW.person_id AND r.id <> NEW.id) THEN"
            f" {super().get_func(model)} END IF; RETURN NEW;"
        )


class ResidentialQuerySet(VaultQuerySet["ResidentialSituation"]):
    def standing(self) -> Self:
        """Neither corrected by another, nor withdrawn."""
        return self.filter(replacement=None, withdrawn_at=None)


class ResidentialSituation(Vaulted):
    """Where a person lived, from when to when; an unknown date stays empty.

    `seen_on` is the day the situation was stated, when its limits are not known. A correction is another row, which
    `replaces` this one. A precision that is not said is the day.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="residential_situations")
    person = models.ForeignKey(Person, models.PROTECT, related_name="residential_situations")
    ethos = EncryptedText("situation", label="dossiers.residence.ethos", klass=KeyClass.SOCIAL)
    started_on = models.DateField("depuis", null=True)
    ended_on = models.DateField("jusqu’à", null=True)
    seen_on = models.DateField("constatée le", null=True)
    started_precision = models.CharField("début connu", max_length=5, choices=Precision.choices, blank=True)
    ended_precision = models.CharField("fin connue", max_length=5, choices=Precision.choices, blank=True)
    told_by = models.CharField("dit par", max_length=10, choices=Told.choices, blank=True)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replacement")
    withdrawn_at = models.DateTimeField("retirée le", null=True)
    source = models.CharField("origine", max_length=10, choices=Source.choices)
    recorded_at = models.DateTimeField("inscrite le")

    dossier_id: UUID
    person_id: UUID
    objects = ResidentialQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "situation résidentielle"
        verbose_name_plural = "situations résidentielles"
        triggers = [
            *Vaulted.Meta.triggers,
            Refuses(
                name="residence_to_come",
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f'NEW."started_on" > {PARIS} OR NEW."ended_on" > {PARIS} OR NEW."seen_on" > {PARIS}'
                ),
                message=TO_COME,
            ),
            CorrectsTheSame(
                name="residence_replaces",
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__replaces__isnull=False),
                message=REPLACES_ANOTHER,
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(subject_id=models.F("person_id")), name="residence_subject"),
            in_order("started_on", "ended_on", name="residence_dates", message="Une période finit après son début."),
            models.CheckConstraint(
                condition=Q(started_precision="") | Q(started_precision__in=Precision.values, started_on__isnull=False),
                name="residence_start_precision",
            ),
            models.CheckConstraint(
                condition=Q(ended_precision="") | Q(ended_precision__in=Precision.values, ended_on__isnull=False),
                name="residence_end_precision",
            ),
            models.CheckConstraint(condition=Q(told_by__in=["", *Told.values]), name="residence_told_by"),
        ]

    def __str__(self) -> str:
        return "situation résidentielle"
