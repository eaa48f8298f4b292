"""The SIAO–bailleurs commission: its séances, and the situations examined there.

A partnership body: it validates a situation, it attributes no dwelling (only the landlord's CALEOL does).
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self
from uuid import UUID, uuid4

import pgtrigger
from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django_fsm import FSMField, transition

from accounts.models import Organisation
from cases.dossiers.models import Dossier, Source
from core.constraints import Refuses
from core.workflow import StatefulModel, guarded_by_database
from vault.fields import EncryptedDecimal, EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet


class SeanceState(models.TextChoices):
    """Life of a séance (domaine § 2.3)."""

    PLANIFIEE = "PLANIFIEE", "Planifiée"
    CONVOQUEE = "CONVOQUEE", "Convoquée"
    ODJ_ARRETE = "ODJ_ARRETE", "Ordre du jour arrêté"
    OUVERTE = "OUVERTE", "Ouverte"
    SUSPENDUE = "SUSPENDUE", "Suspendue"
    CLOTUREE = "CLOTUREE", "Close"
    PV_PROJET = "PV_PROJET", "Procès-verbal en projet"
    PV_SIGNE = "PV_SIGNE", "Procès-verbal signé"
    ARCHIVEE = "ARCHIVEE", "Archivée"
    ANNULEE = "ANNULEE", "Annulée"


HELD = (SeanceState.CLOTUREE, SeanceState.PV_PROJET, SeanceState.PV_SIGNE, SeanceState.ARCHIVEE)
BEFORE_OPENING = (SeanceState.PLANIFIEE, SeanceState.CONVOQUEE, SeanceState.ODJ_ARRETE)


class SeanceQuerySet(models.QuerySet["Seance"]):
    def held(self) -> Self:
        """Those that took place, with or without a situation."""
        return self.filter(state__in=HELD)

    def to_come(self) -> Self:
        """Planned and not cancelled, the next one first."""
        return self.filter(state__in=BEFORE_OPENING).order_by("held_on")

    def going_on(self) -> Self:
        """Begun and not closed."""
        return self.filter(state__in=[SeanceState.OUVERTE, SeanceState.SUSPENDUE]).order_by("held_on")

    def with_presences(self) -> Self:
        """Each with the number of organisations present."""
        return self.annotate(present_count=Count("presences", distinct=True))


@guarded_by_database
class Seance(StatefulModel):
    """One meeting of the commission, known by its date and place."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    held_on = models.DateField("date")
    place = models.CharField("lieu", max_length=200, blank=True)
    place_key = models.CharField("lieu replié", max_length=200, blank=True, editable=False)
    state = FSMField("état", default=SeanceState.PLANIFIEE, choices=SeanceState.choices, protected=True, editable=False)
    source = models.CharField("origine", max_length=10, choices=Source.choices, default=Source.ACT)
    created_at = models.DateTimeField("créée le")

    objects = SeanceQuerySet.as_manager()

    class Meta:
        verbose_name = "séance"
        permissions = [("run_seance", "Préparer et conduire une séance")]
        ordering = ["-held_on", "place_key"]
        constraints = [
            models.UniqueConstraint(
                fields=["held_on", "place_key"],
                name="seance_date_and_place",
                violation_error_message="Une séance existe déjà ce jour-là dans ce lieu.",
            ),
            models.CheckConstraint(condition=Q(state__in=SeanceState.values), name="seance_state"),
        ]

    def __str__(self) -> str:
        return f"séance du {self.held_on:%d/%m/%Y}"

    def get_absolute_url(self) -> str:
        return reverse("commission:seance", args=[self.pk])

    @transition(state, source=SeanceState.PLANIFIEE, target=SeanceState.CONVOQUEE, custom={"label": "Convoquer"})
    def convene(self) -> None: ...

    @transition(
        state, source=SeanceState.CONVOQUEE, target=SeanceState.ODJ_ARRETE, custom={"label": "Arrêter l’ordre du jour"}
    )
    def settle_agenda(self) -> None: ...

    @transition(state, source=SeanceState.ODJ_ARRETE, target=SeanceState.OUVERTE, custom={"label": "Ouvrir"})
    def open(self) -> None: ...

    @transition(state, source=SeanceState.OUVERTE, target=SeanceState.SUSPENDUE, custom={"label": "Suspendre"})
    def suspend(self) -> None: ...

    @transition(state, source=SeanceState.SUSPENDUE, target=SeanceState.OUVERTE, custom={"label": "Reprendre"})
    def resume(self) -> None: ...

    @transition(state, source=SeanceState.OUVERTE, target=SeanceState.CLOTUREE, custom={"label": "Clore"})
    def close(self) -> None: ...

    @transition(
        state, source=SeanceState.CLOTUREE, target=SeanceState.PV_PROJET, custom={"label": "Écrire le procès-verbal"}
    )
    def draft_minutes(self) -> None: ...

    @transition(
        state, source=SeanceState.PV_PROJET, target=SeanceState.PV_SIGNE, custom={"label": "Signer le procès-verbal"}
    )
    def sign_minutes(self) -> None: ...

    @transition(state, source=SeanceState.PV_SIGNE, target=SeanceState.ARCHIVEE, custom={"label": "Archiver"})
    def archive(self) -> None: ...

    @transition(state, source=SeanceState.PLANIFIEE, target=SeanceState.ANNULEE, custom={"label": "Annuler"})
    def cancel(self) -> None: ...

    @transition(state, source=SeanceState.CONVOQUEE, target=SeanceState.ANNULEE, custom={"label": "Annuler"})
    def cancel_convened(self) -> None: ...

    @transition(state, source=SeanceState.ODJ_ARRETE, target=SeanceState.ANNULEE, custom={"label": "Annuler"})
    def cancel_settled(self) -> None: ...


class Presence(models.Model):
    """An organisation that sat at a séance."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    seance = models.ForeignKey(Seance, models.CASCADE, related_name="presences")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="presences")

    class Meta:
        verbose_name = "présence"
        constraints = [models.UniqueConstraint(fields=["seance", "organisation"], name="presence_once")]

    def __str__(self) -> str:
        return str(self.organisation)


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


VALIDATED = (ExamenState.VALIDEE, ExamenState.VALIDEE_SOUS_RESERVE)
DECISIONS = (*VALIDATED, ExamenState.AJOURNEE_SEANCE, ExamenState.NON_VALIDEE)
PRESENTED = (ExamenState.PRESENTEE, *DECISIONS)


class ExamenQuerySet(models.QuerySet["Examen"]):
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


class SnapshotQuerySet(VaultQuerySet["Snapshot"]):
    def last_versions(self) -> Self:
        """The last version of each examen's snapshot."""
        return self.order_by("examen_id", "-version").distinct("examen_id")


class Snapshot(Vaulted):
    """What the members were told of a household when it was presented: sealed, and never changed.

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
