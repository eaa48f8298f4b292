"""Leases: signed, entered, ended. The end of a lease ends neither the support nor the dossier."""

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
from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet


class LeaseKind(models.TextChoices):
    """Under what title a household lives there (domaine § 2.6)."""

    NOM_PROPRE = "NOM_PROPRE", "bail en nom propre"
    BAIL_GLISSANT = "BAIL_GLISSANT", "bail glissant"
    SOUS_LOCATION_IML = "SOUS_LOCATION_IML", "sous-location (intermédiation)"
    MANDAT_GESTION = "MANDAT_GESTION", "mandat de gestion"
    RESIDENCE_SOCIALE = "RESIDENCE_SOCIALE", "résidence sociale"
    PENSION_FAMILLE = "PENSION_FAMILLE", "pension de famille"


class Parc(models.TextChoices):
    """Whose stock the dwelling belongs to."""

    PUBLIC = "PUBLIC", "public"
    PRIVE = "PRIVE", "privé"


class LeaseState(models.TextChoices):
    """Life of a lease (domaine § 2.6)."""

    PROJET = "PROJET", "En projet"
    SIGNE = "SIGNE", "Signé"
    EN_COURS = "EN_COURS", "En cours"
    EN_ALERTE = "EN_ALERTE", "En alerte"
    PROCEDURE = "PROCEDURE", "En procédure"
    CONGE_DONNE = "CONGE_DONNE", "Congé donné (dédite)"
    TERMINE = "TERMINE", "Terminé"
    GLISSE = "GLISSE", "Glissé"
    EXPULSE = "EXPULSE", "Expulsé"
    TRANSFERE = "TRANSFERE", "Transféré"
    DECES = "DECES", "Fin par décès"


ENDED = (LeaseState.TERMINE, LeaseState.GLISSE, LeaseState.EXPULSE, LeaseState.TRANSFERE, LeaseState.DECES)
SIGNED = tuple(state for state in LeaseState if state != LeaseState.PROJET)
LIVE = (LeaseState.SIGNE, LeaseState.EN_COURS, LeaseState.EN_ALERTE, LeaseState.PROCEDURE, LeaseState.CONGE_DONNE)


class LeaseQuerySet(VaultQuerySet["Lease"]):
    def signed(self) -> Self:
        """Signed one day, whatever became of them."""
        return self.filter(state__in=SIGNED)

    def live(self) -> Self:
        """Signed and not ended."""
        return self.filter(state__in=LIVE)


@guarded_by_database
class Lease(StatefulModel, Vaulted):
    """One lease of a household. Dates may be unknown when the register does not tell them."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="leases")
    kind = models.CharField("type de bail", max_length=20, choices=LeaseKind.choices)
    parc = models.CharField("parc", max_length=6, choices=Parc.choices, blank=True)
    landlord = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="leases", verbose_name="bailleur"
    )
    state = FSMField("état", default=LeaseState.PROJET, choices=LeaseState.choices, protected=True, editable=False)
    signed_on = models.DateField("signé le", null=True)
    entered_on = models.DateField("entrée le", null=True)
    ended_on = models.DateField("fin le", null=True)
    outcome = EncryptedText("issue", label="housing.lease.outcome", klass=KeyClass.SOCIAL, null=True, pad_to=40)
    source = models.CharField("origine", max_length=10, choices=Source.choices, default=Source.ACT)
    created_at = models.DateTimeField("créé le")

    dossier_id: UUID
    landlord_id: UUID | None
    objects = LeaseQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "bail"
        verbose_name_plural = "baux"
        permissions = [("manage_lease", "Inscrire un bail et son suivi")]
        indexes = [models.Index(fields=["signed_on", "id"], condition=Q(state="SIGNE"), name="lease_to_enter")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=LeaseKind.values), name="lease_kind"),
            models.CheckConstraint(condition=Q(parc__in=["", *Parc.values]), name="lease_parc"),
            models.CheckConstraint(condition=Q(state__in=LeaseState.values), name="lease_state"),
            models.UniqueConstraint(
                fields=["dossier"],
                condition=Q(state__in=LIVE),
                name="lease_one_live",
                violation_error_message="Un bail est déjà en cours : inscrivez d’abord comment il a pris fin.",
            ),
            in_order("signed_on", "entered_on", name="lease_entered_after", message="On entre après avoir signé."),
            in_order("entered_on", "ended_on", name="lease_left_after", message="Un bail finit après l’entrée."),
            in_order("signed_on", "ended_on", name="lease_ended_after", message="Un bail finit après sa signature."),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(state__in=ENDED),
                name="lease_end_is_a_state",
                violation_error_message="Seul un bail fini a une date de fin.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def was_never_entered(self) -> bool:
        """It ended before the household came in. A register does not tell the entry: its leases were entered."""
        return self.state in ENDED and self.entered_on is None and self.source == Source.ACT

    @transition(state, source=LeaseState.PROJET, target=LeaseState.SIGNE, custom={"label": "Signer"})
    def sign(self, *, on: date) -> None:
        self.signed_on = on

    @transition(state, source=LeaseState.SIGNE, target=LeaseState.EN_COURS, custom={"label": "Entrer dans les lieux"})
    def enter(self, *, on: date) -> None:
        self.entered_on = on

    @transition(
        state, source=LeaseState.SIGNE, target=LeaseState.TERMINE, custom={"label": "Mettre fin avant l’entrée"}
    )
    def end_before_entry(self, *, on: date) -> None:
        self.ended_on = on

    @transition(
        state, source=LeaseState.SIGNE, target=LeaseState.DECES, custom={"label": "Constater le décès avant l’entrée"}
    )
    def end_by_death_before_entry(self, *, on: date) -> None:
        self.ended_on = on

    @transition(state, source=LeaseState.EN_COURS, target=LeaseState.EN_ALERTE, custom={"label": "Alerter"})
    def alert(self) -> None: ...

    @transition(state, source=LeaseState.EN_ALERTE, target=LeaseState.EN_COURS, custom={"label": "Lever l’alerte"})
    def calm(self) -> None: ...

    @transition(
        state, source=LeaseState.EN_ALERTE, target=LeaseState.PROCEDURE, custom={"label": "Engager une procédure"}
    )
    def sue(self) -> None: ...

    @transition(
        state, source=LeaseState.PROCEDURE, target=LeaseState.EN_COURS, custom={"label": "Arrêter la procédure"}
    )
    def settle(self) -> None: ...

    @transition(state, source=LeaseState.EN_COURS, target=LeaseState.CONGE_DONNE, custom={"label": "Donner congé"})
    def give_notice(self) -> None: ...

    @transition(state, source=LeaseState.EN_COURS, target=LeaseState.TERMINE, custom={"label": "Terminer"})
    def end(self, *, on: date | None) -> None:
        self.ended_on = on

    @transition(state, source=LeaseState.CONGE_DONNE, target=LeaseState.TERMINE, custom={"label": "Rendre les clés"})
    def leave(self, *, on: date | None) -> None:
        self.ended_on = on

    @transition(state, source=LeaseState.EN_COURS, target=LeaseState.GLISSE, custom={"label": "Glisser"})
    def slide(self, *, on: date) -> None:
        self.ended_on = on

    @transition(
        state, source=LeaseState.PROCEDURE, target=LeaseState.EXPULSE, custom={"label": "Constater l’expulsion"}
    )
    def evict(self, *, on: date) -> None:
        self.ended_on = on

    @transition(state, source=LeaseState.EN_COURS, target=LeaseState.TRANSFERE, custom={"label": "Transférer"})
    def transfer(self, *, on: date) -> None:
        self.ended_on = on

    @transition(state, source=LeaseState.EN_COURS, target=LeaseState.DECES, custom={"label": "Constater le décès"})
    def end_by_death(self, *, on: date) -> None:
        self.ended_on = on
