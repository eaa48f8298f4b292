"""The dossier: one situation, one episode, one « Réf. »."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, Func, Q, Value
from django.db.models.functions import Upper
from django.urls import reverse
from django_fsm import FSMField, transition

from accounts import grants
from cases.dossiers.models.choices import LOOKS, Look, Source, State
from cases.dossiers.models.people import Household
from core.workflow import StatefulModel, guarded_by_database

if TYPE_CHECKING:
    from accounts.models import User


def reference_key(written: str | None = None) -> Upper:
    """In SQL, a reference as it is compared: capitals and digits alone, whatever its form. The row's, or `written`."""
    one = F("reference") if written is None else Value(written)
    bare = Func(one, Value("[^[:alnum:]]"), Value(""), Value("g"), function="regexp_replace")
    return Upper(bare, output_field=models.TextField())


class DossierQuerySet(models.QuerySet["Dossier"]):
    def visible_to(self, user: User) -> Self:
        """Every web look-up of a dossier starts here."""
        return grants.visible(self, user)  # type: ignore[return-value]

    def named(self, reference: str) -> Self:
        """Those of this reference in any form, « lda 2026 031 »; the one written just so comes first.

        `seuil_open_urgently` compares in the same way (`config/db_rights/privileges.py`).
        """
        written = reference.strip()
        found = self.alias(key=reference_key(), is_exact=ExpressionWrapper(Q(reference=written), models.BooleanField()))
        alike = ~Q(key="") & Q(key=reference_key(written))
        return found.filter(Q(reference=written) | alike).order_by("-is_exact", "reference")

    def open(self) -> Self:
        """Not closed."""
        return self.exclude(state=State.CLOS)

    def awaiting_commission(self) -> Self:
        """Ready to be put on an agenda, the longest waiting first."""
        return self.filter(state=State.PRET).order_by("state_on", "reference")

    def without_referent(self) -> Self:
        """Open, and nobody follows them."""
        return self.open().filter(referent=None)

    def to_review(self, today: date) -> Self:
        """Adjourned, with a review date that has come."""
        return self.filter(state=State.AJOURNE, review_on__lte=today).order_by("review_on")


@guarded_by_database
class Dossier(grants.Granted, StatefulModel):
    """One situation of a household, from its discovery to its follow-up (domaine § 2.1).

    Transitions are pure: they set fields; guards, journal and outbox belong to the operations.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    reference = models.CharField("référence", max_length=40)
    household = models.ForeignKey(Household, models.PROTECT, related_name="dossiers", verbose_name="ménage")
    predecessor = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="successors", verbose_name="dossier précédent"
    )
    state = FSMField("état", default=State.REPERE, choices=State.choices, protected=True, editable=False)
    state_on = models.DateField("dans cet état depuis", null=True)
    source = models.CharField("origine", max_length=10, choices=Source.choices, default=Source.ACT)
    referent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="followed_dossiers", verbose_name="référent"
    )
    prescripteur = models.ForeignKey(
        "accounts.Organisation",
        models.PROTECT,
        null=True,
        related_name="prescribed_dossiers",
        verbose_name="prescripteur",
    )
    oriented_on = models.DateField("orienté le", null=True)
    review_on = models.DateField("à revoir le", null=True)
    evaluation_began_at = models.DateTimeField("évaluation commencée le", null=True)
    decided_on = models.DateField("décidé en commission le", null=True)
    positioned_landlord = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, related_name="+", verbose_name="bailleur positionné"
    )
    current_landlord = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, related_name="+", verbose_name="bailleur actuel"
    )
    rent_debt_creditor = models.ForeignKey(
        "accounts.Organisation",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name="créancier de la dette de loyer",
    )
    closed_on = models.DateField("clos le", null=True)
    # opened by no team, whatever the grants: to persons named one by one (`operations.protection`)
    is_protected = models.BooleanField("protégé", default=False, editable=False)
    created_at = models.DateTimeField("créé le")

    referent_id: UUID | None
    predecessor_id: UUID | None
    household_id: UUID
    prescripteur_id: UUID | None
    positioned_landlord_id: UUID | None
    objects = DossierQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier"
        permissions = [
            ("open_dossier", "Ouvrir un dossier, prescrire"),
            ("see_identity", "Voir l’identité des personnes"),
            ("see_resources", "Voir les ressources et les dettes"),
            ("instruct_dossier", "Évaluer et instruire un dossier"),
            ("present_dossier", "Présenter un dossier en séance"),
            ("close_dossier", "Clore un dossier"),
            ("protect_dossier", "Protéger un dossier, lever sa protection"),
            ("import_register", "Importer le registre"),
        ]
        indexes = [
            models.Index(fields=["state", "reference"], name="dossier_by_state"),
            models.Index(fields=["referent", "state"], name="dossier_by_referent"),
            # what waits the longest: the first page asks for the first few
            models.Index(fields=["state", "state_on", "reference"], name="dossier_by_wait"),
            models.Index(fields=["review_on", "reference"], condition=Q(state="AJOURNE"), name="dossier_to_review"),
            models.Index(fields=["id"], condition=Q(is_protected=True), name="dossier_protected"),
            # what the policy of a row asks, without the row: counting what one sees reads this alone
            models.Index(fields=["id"], include=["first_team", "is_protected", "open_to"], name="dossier_seen_by"),
            models.Index(reference_key(), name="dossier_by_reference_key"),  # « lda 2026 031 »
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["reference"], name="dossier_reference", violation_error_message="Cette référence existe déjà."
            ),
            models.CheckConstraint(condition=~Q(reference=""), name="dossier_has_reference"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="dossier_state"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="dossier_source"),
            models.CheckConstraint(
                condition=Q(state=State.CLOS, closed_on__isnull=False)
                | ~Q(state=State.CLOS) & Q(closed_on__isnull=True),
                name="dossier_closed_with_its_date",
                violation_error_message="Un dossier clos a une date de clôture, un dossier ouvert n’en a pas.",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.AJOURNE) | Q(review_on__isnull=False) | Q(source=Source.IMPORT),
                name="dossier_adjourned_until",
                violation_error_message="Un dossier ajourné a une date de réexamen.",
            ),
            models.CheckConstraint(
                condition=Q(predecessor=None) | ~Q(predecessor=F("id")), name="dossier_not_its_own_predecessor"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("dossiers:detail", args=[self.pk])

    @property
    def look(self) -> Look:
        """Colour and icon of the state."""
        return LOOKS[self.state]

    # -- transitions: from → to, and what they set -------------------------------------------------------------

    @transition(state, source=State.REPERE, target=State.PRESCRIT, custom={"label": "Enregistrer la prescription"})
    def prescribe(self, *, on: date) -> None:
        self.oriented_on = on
        self.state_on = on

    @transition(state, source=State.PRESCRIT, target=State.EN_EVALUATION, custom={"label": "Commencer l’évaluation"})
    def start_evaluation(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.EN_EVALUATION, target=State.A_COMPLETER, custom={"label": "Demander des pièces"})
    def ask_for_pieces(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.A_COMPLETER, target=State.EN_EVALUATION, custom={"label": "Reprendre l’évaluation"})
    def resume_evaluation(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.EN_EVALUATION, target=State.EVALUE, custom={"label": "Dater et figer l’évaluation"})
    def complete_evaluation(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.EVALUE, target=State.PRET, custom={"label": "Déclarer prêt à présenter"})
    def declare_ready(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.EVALUE, target=State.AJOURNE, custom={"label": "Ajourner"})
    def adjourn(self, *, on: date, review_on: date | None = None) -> None:
        self.state_on = on
        self.review_on = review_on

    @transition(state, source=State.EVALUE, target=State.NON_RETENU, custom={"label": "Ne pas retenir"})
    def decline(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.AJOURNE, target=State.NON_RETENU, custom={"label": "Ne pas retenir"})
    def decline_after_adjournment(self, *, on: date) -> None:
        self.state_on = on
        self.review_on = None

    @transition(state, source=State.AJOURNE, target=State.EN_EVALUATION, custom={"label": "Réexaminer"})
    def reexamine(self, *, on: date) -> None:
        self.state_on = on
        self.review_on = None

    @transition(
        state, source=State.NON_RETENU, target=State.EN_EVALUATION, custom={"label": "Reprendre : fait nouveau"}
    )
    def reconsider(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.PRET, target=State.EN_COMMISSION, custom={"label": "Présenter en séance"})
    def present(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.EN_COMMISSION, target=State.VALIDE, custom={"label": "Valider en commission"})
    def admit(self, *, on: date, landlord_id: UUID | None = None) -> None:
        self.state_on = on
        self.decided_on = on
        if landlord_id is not None:
            self.positioned_landlord_id = landlord_id

    @transition(state, source=State.EN_COMMISSION, target=State.PRET, custom={"label": "Retirer de la séance"})
    def withdraw(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.EN_COMMISSION, target=State.AJOURNE, custom={"label": "Ajourner en séance"})
    def adjourn_in_session(self, *, on: date, review_on: date | None = None) -> None:
        self.state_on = on
        self.decided_on = on
        self.review_on = review_on

    @transition(
        state, source=State.EN_COMMISSION, target=State.NON_RETENU, custom={"label": "Ne pas valider en séance"}
    )
    def refuse_in_session(self, *, on: date) -> None:
        self.state_on = on
        self.decided_on = on

    @transition(
        state, source=State.VALIDE, target=State.EN_RECHERCHE, custom={"label": "Ouvrir la recherche de logement"}
    )
    def start_search(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.EN_RECHERCHE, target=State.VALIDE, custom={"label": "Interrompre la recherche"})
    def stop_search(self, *, on: date) -> None:
        self.state_on = on

    @transition(
        state, source=State.EN_RECHERCHE, target=State.LOGE, custom={"label": "Constater l’entrée dans le logement"}
    )
    def house(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.LOGE, target=State.EN_SUIVI, custom={"label": "Passer le relais"})
    def hand_over(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.LOGE, target=State.EN_RECHERCHE, custom={"label": "Chercher un autre logement"})
    def rehouse(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source=State.EN_SUIVI, target=State.EN_RECHERCHE, custom={"label": "Chercher un autre logement"})
    def rehouse_from_follow_up(self, *, on: date) -> None:
        self.state_on = on

    @transition(state, source="+", target=State.CLOS, custom={"label": "Clore le dossier"})
    def close(self, *, on: date) -> None:
        self.state_on = on
        self.closed_on = on
        self.review_on = None

    @transition(state, source=State.CLOS, target=State.EN_EVALUATION, custom={"label": "Rouvrir le dossier"})
    def reopen(self, *, on: date) -> None:
        self.state_on = on
        self.closed_on = None
