"""Support measures: who accompanies a household, from when to when. Their end never ends a lease."""

from __future__ import annotations

from datetime import date
from typing import Self
from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from accounts.models import Organisation
from cases.dossiers.models import Dossier, Source
from core.constraints import in_order
from core.workflow import StatefulModel, guarded_by_database


class MeasureKind(models.TextChoices):
    """Kinds of support (domaine § 2.7); several may run at once."""

    EQUIPE_PLURI_FOL73 = "EQUIPE_PLURI_FOL73", "équipe pluridisciplinaire FOL 73"
    TOIT_DABORD = "TOIT_DABORD", "Toi(t) d’abord"
    AVDL = "AVDL", "AVDL"
    AVDL_RENFORCE = "AVDL_RENFORCE", "AVDL renforcé"
    ASLL_FSL = "ASLL_FSL", "ASLL (FSL)"
    GLA = "GLA", "gestion locative adaptée"
    SAMSAH = "SAMSAH", "SAMSAH"
    SAVS = "SAVS", "SAVS"
    CURATELLE = "CURATELLE", "curatelle"
    CURATELLE_RENFORCEE = "CURATELLE_RENFORCEE", "curatelle renforcée"
    TUTELLE = "TUTELLE", "tutelle"
    MASP = "MASP", "MASP"
    INTERMED = "INTERMED", "Intermed"
    AUTRE = "AUTRE", "autre accompagnement"


class MeasureState(models.TextChoices):
    """Life of a measure (domaine § 2.7)."""

    DEMANDEE = "DEMANDEE", "Demandée"
    ACCORDEE = "ACCORDEE", "Accordée"
    ACTIVE = "ACTIVE", "Active"
    SUSPENDUE = "SUSPENDUE", "Suspendue"
    RENOUVELEE = "RENOUVELEE", "Renouvelée"
    TERMINEE = "TERMINEE", "Terminée"
    REFUSEE = "REFUSEE", "Refusée"
    ANNULEE = "ANNULEE", "Annulée"


class MeasureQuerySet(models.QuerySet["Measure"]):
    def live(self) -> Self:
        """Under way, suspended or not."""
        return self.filter(state__in=[MeasureState.ACTIVE, MeasureState.SUSPENDUE, MeasureState.RENOUVELEE])


@guarded_by_database
class Measure(StatefulModel):
    """One support measure of a household."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="measures")
    kind = models.CharField("type", max_length=20, choices=MeasureKind.choices)
    operator = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="measures", verbose_name="opérateur"
    )
    state = FSMField(
        "état", default=MeasureState.DEMANDEE, choices=MeasureState.choices, protected=True, editable=False
    )
    started_on = models.DateField("début", null=True)
    ended_on = models.DateField("fin", null=True)
    source = models.CharField("origine", max_length=10, choices=Source.choices, default=Source.ACT)
    created_at = models.DateTimeField("créée le")

    dossier_id: UUID
    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = "mesure d’accompagnement"
        verbose_name_plural = "mesures d’accompagnement"
        permissions = [("manage_measure", "Ouvrir et terminer un accompagnement")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MeasureKind.values), name="measure_kind"),
            models.CheckConstraint(condition=Q(state__in=MeasureState.values), name="measure_state"),
            in_order("started_on", "ended_on", name="measure_dates", message="Une mesure finit après son début."),
            models.CheckConstraint(
                condition=Q(state=MeasureState.TERMINEE) | Q(ended_on=None),
                name="measure_end_is_a_state",
                violation_error_message="Seule une mesure terminée a une date de fin.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @transition(state, source=MeasureState.DEMANDEE, target=MeasureState.ACCORDEE, custom={"label": "Accorder"})
    def accept(self) -> None: ...

    @transition(state, source=MeasureState.DEMANDEE, target=MeasureState.REFUSEE, custom={"label": "Refuser"})
    def refuse(self) -> None: ...

    @transition(state, source=MeasureState.DEMANDEE, target=MeasureState.ANNULEE, custom={"label": "Annuler"})
    def cancel(self) -> None: ...

    @transition(state, source=MeasureState.ACCORDEE, target=MeasureState.ANNULEE, custom={"label": "Annuler"})
    def cancel_accepted(self) -> None: ...

    @transition(state, source=MeasureState.ACCORDEE, target=MeasureState.ACTIVE, custom={"label": "Commencer"})
    def start(self, *, on: date) -> None:
        self.started_on = on

    @transition(state, source=MeasureState.ACTIVE, target=MeasureState.SUSPENDUE, custom={"label": "Suspendre"})
    def suspend(self) -> None: ...

    @transition(state, source=MeasureState.SUSPENDUE, target=MeasureState.ACTIVE, custom={"label": "Reprendre"})
    def resume(self) -> None: ...

    @transition(state, source=MeasureState.ACTIVE, target=MeasureState.RENOUVELEE, custom={"label": "Renouveler"})
    def renew(self) -> None: ...

    @transition(state, source=MeasureState.ACTIVE, target=MeasureState.TERMINEE, custom={"label": "Terminer"})
    def end(self, *, on: date) -> None:
        self.ended_on = on

    @transition(state, source=MeasureState.RENOUVELEE, target=MeasureState.TERMINEE, custom={"label": "Terminer"})
    def end_renewed(self, *, on: date) -> None:
        self.ended_on = on

    @transition(state, source=MeasureState.SUSPENDUE, target=MeasureState.TERMINEE, custom={"label": "Terminer"})
    def end_suspended(self, *, on: date) -> None:
        self.ended_on = on
