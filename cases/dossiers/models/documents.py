"""The pieces of a dossier: those kept, those only seen, those asked for; which kinds there are.

Who may know that a piece exists is said by `config/db_rights/`: who reads its class of data, and the team of who
joined it. What opens it (`DocumentContent`) is for who reads its class alone.
"""

from __future__ import annotations

from datetime import date
from typing import Self
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact

from cases.dossiers.models.choices import HouseholdType
from cases.dossiers.models.dossier import Dossier
from cases.dossiers.models.people import Person
from core.constraints import frozen, in_order, set_together
from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet
from vault.streams import WRAPPED_SIZE, Place

LARGEST = 20 * 1024 * 1024
LABEL = "dossiers.document.content"
CLASSES = (KeyClass.IDENTITY, KeyClass.SOCIAL, KeyClass.HEALTH, KeyClass.BANK)


class Media(models.TextChoices):
    """What a file is, by its content."""

    PDF = "PDF", "PDF"
    JPEG = "JPEG", "image JPEG"
    PNG = "PNG", "image PNG"


class Whose(models.TextChoices):
    """Whom a kind of piece is about."""

    HOUSEHOLD = "HOUSEHOLD", "le ménage"
    TITULAIRE = "TITULAIRE", "le titulaire"
    ADULTS = "ADULTS", "le titulaire et son conjoint"


class PieceStep(models.TextChoices):
    """The step that asks for a kind of piece."""

    READY = "READY", "pour déclarer prêt à présenter"


class Asked(models.TextChoices):
    """Who is asked for a piece."""

    PERSON = "PERSON", "la personne"
    PRESCRIPTEUR = "PRESCRIPTEUR", "le prescripteur"
    CAF = "CAF", "la CAF"
    IMPOTS = "IMPOTS", "les impôts"
    BAILLEUR = "BAILLEUR", "le bailleur"
    OTHER = "OTHER", "un autre organisme"


class Removal(models.TextChoices):
    """Why a piece is removed."""

    MISTAKE = "MISTAKE", "jointe par erreur"
    OTHER_PERSON = "OTHER_PERSON", "d’une autre personne"
    UNREADABLE = "UNREADABLE", "illisible"
    USELESS = "USELESS", "plus nécessaire"
    ASKED = "ASKED", "à la demande de la personne"


class PieceKind(models.Model):
    """A kind of piece (reference data). `klass` says who reads those of this kind; it and the code never change.

    `months`: how long it is valid after its reception, unless its own date is given. `household_types`: those of whom
    the step asks it, all when empty.
    """

    code = models.CharField("code", max_length=40, primary_key=True)
    label = models.CharField("libellé", max_length=120)
    klass = models.CharField("classe", max_length=16, choices=KeyClass.choices)
    whose = models.CharField("au sujet de", max_length=10, choices=Whose.choices, default=Whose.HOUSEHOLD)
    months = models.PositiveSmallIntegerField("valable (mois)", null=True)
    step = models.CharField("demandée", max_length=10, choices=PieceStep.choices, default="", blank=True)
    household_types = ArrayField(
        models.CharField(max_length=30, choices=HouseholdType.choices), verbose_name="pour ces ménages", default=list
    )
    rank = models.PositiveSmallIntegerField("rang", default=100)
    is_active = models.BooleanField("proposée", default=True)

    class Meta:
        verbose_name = "nature de pièce"
        verbose_name_plural = "natures de pièces"
        ordering = ["rank", "label"]
        constraints = [
            models.CheckConstraint(condition=Q(klass__in=CLASSES), name="piece_kind_class"),
            models.CheckConstraint(condition=Q(whose__in=Whose.values), name="piece_kind_whose"),
            models.CheckConstraint(condition=Q(step__in=["", *PieceStep.values]), name="piece_kind_step"),
            models.CheckConstraint(
                condition=Q(step="") | Q(klass__in=[KeyClass.IDENTITY, KeyClass.SOCIAL]),
                name="piece_kind_step_is_checked",
                violation_error_message="Une étape ne demande que des pièces que le SIAO peut lire et vérifier.",
            ),
            models.CheckConstraint(
                condition=Q(months=None) | Q(months__gte=1, months__lte=120),
                name="piece_kind_months",
                violation_error_message="Une pièce est valable de 1 à 120 mois.",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class DocumentQuerySet(VaultQuerySet["Document"]):
    def standing(self) -> Self:
        """Neither removed nor replaced by one that stands."""
        followed = Document.objects.filter(replaces=models.OuterRef("pk"), removed_at=None)
        return self.filter(removed_at=None).exclude(models.Exists(followed))

    def valid(self, today: date) -> Self:
        """Not expired."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=today))


class Document(Vaulted):
    """A piece of a dossier: that it is there, since when, until when; its subject is the person or the household.

    `is_kept` is false for a piece that was seen and handed back. `kind` is a code of `PieceKind`, sealed: a residence
    permit or a judgment is nobody's business who holds the database alone. Once removed, nothing of it changes.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="documents")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="documents")
    kind = EncryptedText("nature", label="dossiers.document.kind", klass=KeyClass.SOCIAL, pad_to=44)
    klass = models.CharField("classe", max_length=16, choices=KeyClass.choices)
    is_kept = models.BooleanField("conservée", default=True)
    media = models.CharField("format", max_length=8, choices=Media.choices, default="", blank=True)
    size = models.PositiveIntegerField("taille (octets)", null=True)
    file = models.CharField("fichier", max_length=32, default="", blank=True)
    received_on = models.DateField("reçue le")
    valid_until = models.DateField("valable jusqu’au", null=True)
    version = models.PositiveSmallIntegerField("version", default=1)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="followers")
    added_at = models.DateTimeField("jointe le")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    added_for = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField("vérifiée le", null=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField("retirée le", null=True)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    removal = models.CharField("pourquoi", max_length=12, choices=Removal.choices, null=True)  # noqa: DJ001  with its date

    dossier_id: UUID
    person_id: UUID | None
    added_by_id: UUID | None
    objects = DocumentQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "pièce"
        permissions = [
            ("join_document", "Joindre des pièces"),
            ("read_bank", "Lire les coordonnées bancaires"),
        ]
        indexes = [models.Index(fields=["dossier", "added_at"], name="document_of_dossier")]
        triggers = [
            *Vaulted.Meta.triggers,
            frozen(name="document_removed", since="removed_at", message="Une pièce retirée ne change plus."),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(klass__in=CLASSES), name="document_class"),
            models.CheckConstraint(condition=Q(person=None) | Q(subject_id=F("person_id")), name="document_subject"),
            models.CheckConstraint(
                condition=Q(is_kept=True, media__in=Media.values, size__gte=1, size__lte=LARGEST)
                & Q(file__regex=r"^[0-9a-f]{32}$")
                | Q(is_kept=False, media="", size=None, file=""),
                name="document_kept_or_seen",
                violation_error_message="Une pièce conservée a un fichier de 20 Mo au plus ; une pièce vue n’en a pas.",
            ),
            models.CheckConstraint(
                condition=Q(is_kept=True) | Q(checked_at__isnull=False),
                name="document_seen_is_checked",
                violation_error_message="Une pièce vue a été vérifiée par qui l’a vue.",
            ),
            models.CheckConstraint(
                condition=Q(checked_by=None) | Q(checked_at__isnull=False), name="document_checked_at_some_time"
            ),
            set_together(
                "removed_at",
                "removal",
                name="document_removed_for_a_reason",
                message="Une pièce retirée dit quand et pourquoi.",
            ),
            models.CheckConstraint(
                condition=Q(removed_by=None) | Q(removed_at__isnull=False), name="document_removed_at_some_time"
            ),
            models.CheckConstraint(condition=Q(removal=None) | Q(removal__in=Removal.values), name="document_removal"),
            models.CheckConstraint(
                condition=Q(replaces=None, version=1) | Q(replaces__isnull=False, version__gte=2),
                name="document_version",
                violation_error_message="Une nouvelle version dit ce qu’elle remplace.",
            ),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=Q(removed_at=None),
                name="document_replaced_once",
                violation_error_message="Cette pièce a déjà été remplacée.",
            ),
        ]

    def __str__(self) -> str:
        return "pièce"

    @property
    def place(self) -> Place:
        """What its file is sealed for."""
        return Place(self.subject_id, KeyClass(self.klass), LABEL, self.pk)


class DocumentContent(Vaulted):
    """What opens a kept piece: the key of its file, wrapped under the subject's key of the class; its name and SHA-256.

    The same id and subject as the piece. PostgreSQL deletes the row when the piece is removed: the file is then lost.
    """

    document = models.OneToOneField(Document, models.PROTECT, related_name="content")
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="+")
    klass = models.CharField("classe", max_length=16, choices=KeyClass.choices)
    wrapped_key = models.BinaryField("clé du fichier, enveloppée")
    details = models.BinaryField("nom et empreinte, scellés")

    objects = VaultQuerySet["DocumentContent"].as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "contenu d’une pièce"
        verbose_name_plural = "contenus des pièces"
        constraints = [
            models.CheckConstraint(condition=Q(id=F("document_id")), name="document_content_is_its_own"),
            models.CheckConstraint(
                condition=Exact(
                    Func(F("wrapped_key"), function="octet_length", output_field=models.IntegerField()), WRAPPED_SIZE
                ),
                name="document_content_key_size",
            ),
        ]

    def __str__(self) -> str:
        return "contenu d’une pièce"


class PieceRequest(Vaulted):
    """A piece that somebody was asked for. Closed by the piece that came, or withdrawn (`document` stays empty)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="piece_requests")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="piece_requests")
    kind = EncryptedText("nature", label="dossiers.piece_request.kind", klass=KeyClass.SOCIAL, pad_to=44)
    whom = models.CharField("demandée à", max_length=12, choices=Asked.choices)
    asked_on = models.DateField("demandée le")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    remind_on = models.DateField("à relancer le", null=True)
    due_on = models.DateField("attendue le")
    closed_at = models.DateTimeField("close le", null=True)
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="answers")

    dossier_id: UUID
    person_id: UUID | None
    objects = VaultQuerySet["PieceRequest"].as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "pièce demandée"
        verbose_name_plural = "pièces demandées"
        indexes = [
            models.Index(fields=["dossier"], condition=Q(closed_at=None), name="piece_request_open"),
            models.Index(fields=["due_on"], condition=Q(closed_at=None), name="piece_request_due"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(whom__in=Asked.values), name="piece_request_whom"),
            models.CheckConstraint(
                condition=Q(person=None) | Q(subject_id=F("person_id")), name="piece_request_subject"
            ),
            in_order(
                "asked_on", "due_on", name="piece_request_due", message="Une pièce est attendue après sa demande."
            ),
            in_order(
                "asked_on",
                "remind_on",
                name="piece_request_reminded_after",
                message="Une relance vient après la demande.",
            ),
            in_order(
                "remind_on", "due_on", name="piece_request_reminder", message="Une relance vient avant l’échéance."
            ),
            models.CheckConstraint(
                condition=Q(document=None) | Q(closed_at__isnull=False),
                name="piece_request_answered_is_closed",
                violation_error_message="Une demande qui a reçu sa pièce est close.",
            ),
        ]

    def __str__(self) -> str:
        return "pièce demandée"
