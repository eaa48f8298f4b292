"""Situations examined in a séance: the decision, the frozen snapshot, and to whom what is presented is open."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self
from uuid import UUID, uuid4

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from accounts.grants import DatedGroupGrant
from accounts.models import Organisation
from cases.dossiers.models import Dossier, Source
from commission.models.seances import HELD, Seance
from core.constraints import Refuses
from core.workflow import StatefulModel, guarded_by_database
from vault.fields import EncryptedDecimal, EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet


class ExamenState(models.TextChoices):
    """A situation in a séance (domaine § 2.2); from VALIDEE on, the state is the decision."""

    INSCRITE = "INSCRITE", "Inscrite"
    CONFIRMEE = "CONFIRMEE", "Confirmée"
    PRESENTEE = "PRESENTEE", "Présentée"
    VALIDEE = "VALIDEE", "Validée"
    VALIDEE_SOUS_RESERVE = "VALIDEE_SOUS_RESERVE", "Validée sous réserve"
    AJOURNEE_SEANCE = "AJOURNEE_SEANCE", "Ajournée"
    NON_VALIDEE = "NON_VALIDEE", "Non validée"
    RETIREE = "RETIREE", "Retirée"


ON_AGENDA = (ExamenState.INSCRITE, ExamenState.CONFIRMEE)
VALIDATED = (ExamenState.VALIDEE, ExamenState.VALIDEE_SOUS_RESERVE)
DECISIONS = (*VALIDATED, ExamenState.AJOURNEE_SEANCE, ExamenState.NON_VALIDEE)
PRESENTED = (ExamenState.PRESENTEE, *DECISIONS)


class ExamenQuerySet(models.QuerySet["Examen"]):
    def active(self) -> Self:
        """Still before the commission. What a register tells of a séance that is over awaits nothing more."""
        return self.filter(Q(state__in=ON_AGENDA) | Q(state=ExamenState.PRESENTEE) & ~Q(seance__state__in=HELD))

    def presented(self) -> Self:
        """Presented to the members: a withdrawal before the opening is not a presentation."""
        return self.filter(state__in=PRESENTED)


@guarded_by_database
class Examen(StatefulModel):
    """One passage of a situation before a séance, and its decision."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="examens")
    seance = models.ForeignKey(Seance, models.PROTECT, related_name="examens")
    rank = models.PositiveSmallIntegerField("rang", null=True)
    state = FSMField(
        "décision", default=ExamenState.INSCRITE, choices=ExamenState.choices, protected=True, editable=False
    )
    decided_on = models.DateField("décidée le", null=True)
    positioned_landlord = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    notified_at = models.DateTimeField("notifiée le", null=True)
    shown_version = models.PositiveSmallIntegerField("version de la fiche montrée en séance", null=True)
    source = models.CharField("origine", max_length=10, choices=Source.choices, default=Source.ACT)
    created_at = models.DateTimeField("créé le")

    dossier_id: UUID
    seance_id: UUID
    objects = ExamenQuerySet.as_manager()

    class Meta:
        verbose_name = "examen en séance"
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "seance"],
                condition=~Q(state=ExamenState.RETIREE),
                name="examen_once_a_seance",
                violation_error_message="Cette situation est déjà à l’ordre du jour de la séance.",
            ),
            # a presentation whose decision a register does not tell is a fact of the past: it awaits nothing
            models.UniqueConstraint(
                fields=["dossier"],
                condition=Q(state__in=ON_AGENDA) | Q(state=ExamenState.PRESENTEE, source=Source.ACT),
                name="examen_one_active",
                violation_error_message="Ce dossier est déjà à l’ordre du jour d’une séance : retirez-le d’abord de "
                "celui-là, onglet « Commission ».",
            ),
            models.CheckConstraint(condition=Q(state__in=ExamenState.values), name="examen_state"),
            models.CheckConstraint(
                condition=Q(state__in=DECISIONS, decided_on__isnull=False)
                | ~Q(state__in=DECISIONS) & Q(decided_on__isnull=True),
                name="examen_decided_with_its_date",
                violation_error_message="Une décision a sa date.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_state_display()

    @property
    def is_active(self) -> bool:
        """See `ExamenQuerySet.active`."""
        return self.state in ON_AGENDA or (self.state == ExamenState.PRESENTEE and self.seance.state not in HELD)

    is_decided: ClassVar[property] = property(lambda self: self.state in DECISIONS)

    @transition(state, source=ExamenState.INSCRITE, target=ExamenState.CONFIRMEE, custom={"label": "Confirmer"})
    def confirm(self) -> None: ...

    @transition(state, source=ExamenState.CONFIRMEE, target=ExamenState.PRESENTEE, custom={"label": "Présenter"})
    def present(self) -> None: ...

    @transition(state, source=ExamenState.PRESENTEE, target=ExamenState.VALIDEE, custom={"label": "Valider"})
    def validate(self, *, on: date) -> None:
        self.decided_on = on

    @transition(
        state,
        source=ExamenState.PRESENTEE,
        target=ExamenState.VALIDEE_SOUS_RESERVE,
        custom={"label": "Valider sous réserve"},
    )
    def validate_with_reserve(self, *, on: date) -> None:
        self.decided_on = on

    @transition(state, source=ExamenState.PRESENTEE, target=ExamenState.AJOURNEE_SEANCE, custom={"label": "Ajourner"})
    def adjourn(self, *, on: date) -> None:
        self.decided_on = on

    @transition(state, source=ExamenState.PRESENTEE, target=ExamenState.NON_VALIDEE, custom={"label": "Ne pas valider"})
    def refuse(self, *, on: date) -> None:
        self.decided_on = on

    @transition(state, source=ExamenState.INSCRITE, target=ExamenState.RETIREE, custom={"label": "Retirer"})
    def withdraw(self) -> None: ...

    @transition(state, source=ExamenState.CONFIRMEE, target=ExamenState.RETIREE, custom={"label": "Retirer"})
    def withdraw_confirmed(self) -> None: ...

    @transition(state, source=ExamenState.PRESENTEE, target=ExamenState.RETIREE, custom={"label": "Retirer en séance"})
    def withdraw_in_session(self) -> None: ...


class ExamenGroupGrant(DatedGroupGrant):
    """An organisation's team reads the fiche of one examen, until a day: never the dossier (ADR 0017).

    Every one has an end, so the examen repeats no team without end (`Granted.open_to` would stay empty).
    """

    content_object = models.ForeignKey(Examen, models.CASCADE, related_name="group_grants", db_column="examen_id")

    content_object_id: UUID
    group_id: int

    class Meta:
        default_manager_name = "ever"
        verbose_name = "ouverture d’une fiche à un membre"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=False) & Q(valid_until__gte=F("valid_from")),
                name="examen_grant_dates",
            )
        ]
        indexes = [
            models.Index(
                fields=["group", "content_object"], include=["valid_from", "valid_until"], name="examen_grant_live"
            )
        ]


class SnapshotQuerySet(VaultQuerySet["Snapshot"]):
    def last_versions(self) -> Self:
        """The last version of each examen's snapshot."""
        return self.order_by("examen_id", "-version").distinct("examen_id")


class Snapshot(Vaulted):
    """What was known of a household when it was presented: sealed, and never changed. Members read the `Fiche`.

    Exact internal figures (age in years, euros per month) are counted from it. A correction is the
    next version; open periods count the last one.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    examen = models.ForeignKey(Examen, models.PROTECT, related_name="snapshots")
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="snapshots")
    version = models.PositiveSmallIntegerField("version")
    age = EncryptedDecimal("âge", label="commission.snapshot.age", klass=KeyClass.SOCIAL, null=True)
    household_type = EncryptedText(
        "composition", label="commission.snapshot.household_type", klass=KeyClass.SOCIAL, null=True, pad_to=32
    )
    resource = EncryptedText(
        "nature des ressources", label="commission.snapshot.resource", klass=KeyClass.SOCIAL, null=True, pad_to=32
    )
    resources = EncryptedDecimal("ressources", label="commission.snapshot.resources", klass=KeyClass.SOCIAL, null=True)
    ethos = EncryptedText("situation de logement", label="commission.snapshot.ethos", klass=KeyClass.SOCIAL, null=True)
    taken_at = models.DateTimeField("pris le")

    dossier_id: UUID
    examen_id: UUID
    objects = SnapshotQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "fiche figée"
        verbose_name_plural = "fiches figées"
        triggers = [
            *Vaulted.Meta.triggers,
            Refuses(
                name="snapshot_frozen",
                operation=pgtrigger.Update | pgtrigger.Delete,
                message=(
                    "Une fiche présentée en commission ne change plus : une correction en fait une nouvelle version."
                ),
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["examen", "version"], name="snapshot_version")]

    def __str__(self) -> str:
        return f"fiche, version {self.version}"
