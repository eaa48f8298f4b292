"""Séances of the commission: when, where, who was called, who sat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from uuid import UUID, uuid4

from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django_fsm import FSMField, transition

from accounts.models import Membership, Organisation
from cases.dossiers.models import Source
from core.constraints import in_order
from core.workflow import StatefulModel, guarded_by_database

if TYPE_CHECKING:
    from accounts.models import User


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
CALLED = (SeanceState.CONVOQUEE, SeanceState.ODJ_ARRETE, SeanceState.OUVERTE, SeanceState.SUSPENDUE)
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

    def called_to(self, user: User) -> Self:
        """Those to which an organisation of `user` is called: her own."""
        bodies = Membership.objects.live().filter(user=user).values("organisation")
        calls = Convocation.objects.standing().filter(organisation__in=bodies)
        return self.filter(pk__in=calls.values("seance"))

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


class ConvocationQuerySet(models.QuerySet["Convocation"]):
    def standing(self) -> Self:
        """Those that were not taken back."""
        return self.filter(ended_at=None)


class Convocation(models.Model):
    """An organisation called to a séance as a member: the séance is « its own ». Taken back, the row stays."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    seance = models.ForeignKey(Seance, models.PROTECT, related_name="convocations")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="convocations")
    called_at = models.DateTimeField("convoquée le")
    ended_at = models.DateTimeField("retirée le", null=True)

    organisation_id: UUID
    objects = ConvocationQuerySet.as_manager()

    class Meta:
        verbose_name = "convocation"
        constraints = [
            models.UniqueConstraint(
                fields=["seance", "organisation"], condition=Q(ended_at=None), name="convocation_once"
            ),
            in_order(
                "called_at",
                "ended_at",
                name="convocation_dates",
                message="Une convocation finit après son début.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.organisation)
