"""How a household came in: who oriented or met it, where, whether the person knows and agrees."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from cases.dossiers.models.dossier import Dossier
from cases.dossiers.models.territory import Commune
from core.constraints import set_together
from vault.fields import EncryptedDecimal, EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet


class Channel(models.TextChoices):
    """By which way a household comes to the SIAO (domaine § 1.3)."""

    PRESCRIPTION = "PRESCRIPTION", "orienté par un organisme"
    MARAUDE = "MARAUDE", "rencontré en maraude"
    VEILLE_115 = "VEILLE_115", "115, veille sociale"
    SI_SIAO = "SI_SIAO", "demande dans le SI-SIAO"
    COMMISSION_3C = "COMMISSION_3C", "commission 3C"
    IML = "IML", "déjà sous-locataire en intermédiation locative"


class Informed(models.TextChoices):
    """How the person was told what is written about her."""

    ORALLY = "ORALLY", "de vive voix"
    NOTICE = "NOTICE", "la notice lui est remise"
    EASY_NOTICE = "EASY_NOTICE", "la notice facile à lire lui est remise"
    NOT_YET = "NOT_YET", "pas encore"


class NoAgreement(models.TextChoices):
    """Why the agreement of the person is missing."""

    RENCONTRE_RUE = "RENCONTRE_RUE", "rencontre dans la rue, la question viendra plus tard"
    DANGER = "DANGER", "danger pour elle ou pour quelqu’un"
    EXPRESSION = "EXPRESSION", "elle ne peut pas s’exprimer en ce moment"
    INTERPRETE = "INTERPRETE", "il faut un interprète"
    REPRESENTANT = "REPRESENTANT", "son représentant doit répondre"
    AUTRE = "AUTRE", "autre raison"


class Urgency(models.TextChoices):
    """How soon somebody must see her."""

    USUAL = "USUAL", "pas plus que d’habitude"
    SOON = "SOON", "à voir dans les trois jours"
    NOW = "NOW", "en danger, à voir aujourd’hui"


# somebody was seen or heard, nobody asked for anything yet: the dossier is « repéré »
FIRST_SEEN = (Channel.MARAUDE, Channel.VEILLE_115)


class Prescription(Vaulted):
    """The entry of one dossier, written once by who oriented or met the household.

    Afterwards only two things are added: that the person was informed, and her agreement (or why it is missing).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.OneToOneField(Dossier, models.PROTECT, related_name="prescription")
    channel = models.CharField("voie", max_length=15, choices=Channel.choices)
    organisation = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, related_name="+", verbose_name="organisme ou équipe"
    )
    met_on = models.DateField("rencontré ou orienté le")
    met_at = models.DateTimeField("à quelle heure", null=True)
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, related_name="+", verbose_name="commune")
    place = EncryptedText("lieu", label="dossiers.prescription.place", klass=KeyClass.SOCIAL, null=True)
    people = EncryptedDecimal("personnes", label="dossiers.prescription.people", klass=KeyClass.SOCIAL, null=True)
    needs = EncryptedText("besoin", label="dossiers.prescription.needs", klass=KeyClass.SOCIAL, null=True)
    urgency = models.CharField("urgence", max_length=6, choices=Urgency.choices, default=Urgency.USUAL)
    si_siao_number = EncryptedText(
        "identifiant SI-SIAO", label="dossiers.prescription.si_siao_number", klass=KeyClass.IDENTITY, null=True
    )
    informed = models.CharField("informée", max_length=12, choices=Informed.choices)
    agreed_on = models.DateField("d’accord le", null=True)
    no_agreement = EncryptedText(
        "pourquoi sans accord",
        label="dossiers.prescription.no_agreement",
        klass=KeyClass.SOCIAL,
        null=True,
        pad_to=40,
    )
    no_agreement_note = EncryptedText(
        "explication", label="dossiers.prescription.no_agreement_note", klass=KeyClass.SOCIAL, null=True
    )
    recorded_at = models.DateTimeField("inscrit le")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField("accusé de réception envoyé le", null=True)

    dossier_id: UUID
    organisation_id: UUID
    recorded_by_id: UUID | None
    objects = VaultQuerySet["Prescription"].as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "entrée d’un dossier"
        verbose_name_plural = "entrées des dossiers"
        permissions = [
            ("record_meeting", "Enregistrer une rencontre, même d’une personne sans nom"),
            ("follow_prescription", "Suivre l’état de ses prescriptions"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="prescription_channel"),
            models.CheckConstraint(condition=Q(informed__in=Informed.values), name="prescription_informed"),
            models.CheckConstraint(condition=Q(urgency__in=Urgency.values), name="prescription_urgency"),
            models.CheckConstraint(
                condition=Q(agreed_on=None) | Q(no_agreement__isnull=True),
                name="prescription_agreement_once",
                violation_error_message="La personne est d’accord, ou son accord manque : gardez une seule réponse.",
            ),
            models.CheckConstraint(
                condition=Q(channel__in=FIRST_SEEN) | Q(agreed_on__isnull=False) | Q(no_agreement__isnull=False),
                name="prescription_agreement_or_motive",
                violation_error_message="Dites que la personne est d’accord, ou pourquoi son accord manque.",
            ),
            set_together(
                "no_agreement",
                "no_agreement_note",
                name="prescription_motive_with_its_sentence",
                message="La raison de l’absence d’accord se choisit dans la liste et s’explique en une phrase.",
            ),
            models.CheckConstraint(
                condition=Q(channel=Channel.SI_SIAO) | Q(si_siao_number__isnull=True),
                name="prescription_number_of_si_siao",
                violation_error_message="L’identifiant SI-SIAO ne vaut que pour une demande du SI-SIAO.",
            ),
            models.CheckConstraint(
                condition=Q(met_at=None) | Q(met_at__lte=F("recorded_at")),
                name="prescription_met_before_it_is_recorded",
                violation_error_message="La rencontre a déjà eu lieu : écrivez une heure passée.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_channel_display()

    @property
    def no_agreement_words(self) -> str:
        """Why the agreement is missing, in words; empty when it is not said."""
        code = self.no_agreement
        return str(NoAgreement(code).label) if code in NoAgreement.values else ""

    @property
    def is_informed(self) -> bool:
        return self.informed != Informed.NOT_YET

    @property
    def is_answered(self) -> bool:
        """The person agrees, or one knows why she could not be asked."""
        return self.agreed_on is not None or self.no_agreement is not None
