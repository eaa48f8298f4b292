"""The letters of a dossier: what was written, when it was made, when and how it left."""

from __future__ import annotations

from uuid import UUID, uuid4

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from cases.dossiers.models.dossier import Dossier
from cases.dossiers.models.events import DossierEvent
from core.constraints import Refuses, frozen, set_together
from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet

FROZEN = ("dossier_id", "kind", "about_id", "content", "produced_at", "produced_by_id")  # sealed: in SQL, as bytes
OLD, NEW = (", ".join(f"{row}.{column}" for column in FROZEN) for row in ("OLD", "NEW"))


class LetterKind(models.TextChoices):
    """What a letter is for, and for whom."""

    DECISION = "DECISION", "Avis de décision au ménage"
    DECISION_FALC = "DECISION_FALC", "Avis de décision, facile à lire"
    PRESCRIPTEUR = "PRESCRIPTEUR", "Avis au prescripteur"
    PIECES = "PIECES", "Liste des pièces à donner"
    PIECES_FALC = "PIECES_FALC", "Liste des pièces, facile à lire"
    INFORMATION = "INFORMATION", "Notice d’information"
    INFORMATION_FALC = "INFORMATION_FALC", "Notice d’information, facile à lire"
    COURRIEL = "COURRIEL", "Courriel au prescripteur"


class How(models.TextChoices):
    """How a letter left."""

    HANDED = "HANDED", "remise en main propre"
    POST = "POST", "envoyée par la poste"
    MAIL = "MAIL", "envoyé par courriel, sans nom ni décision"


class SentLetter(Vaulted):
    """A letter whose words are frozen: drawn again, it is the same file.

    `content` is JSON: the words of the letter as its template reads them, and the versions of the texts they took. Its
    subject is the person it is about: erased with her. `about` is the decision that it tells, when it tells one.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="letters")
    kind = models.CharField("nature", max_length=20, choices=LetterKind.choices)
    about = models.ForeignKey(DossierEvent, models.PROTECT, null=True, related_name="letters")
    content = EncryptedText("texte", label="dossiers.letter.content", klass=KeyClass.SOCIAL)
    produced_at = models.DateTimeField("établi le")
    produced_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    how = models.CharField("envoi", max_length=10, choices=How.choices, null=True)  # noqa: DJ001  not sent yet
    sent_on = models.DateField("parti le", null=True)
    sent_at = models.DateTimeField("inscrit comme parti le", null=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    dossier_id: UUID
    objects = VaultQuerySet["SentLetter"].as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "courrier"
        indexes = [models.Index(fields=["dossier", "-produced_at"], name="letter_of_dossier")]
        triggers = [
            *Vaulted.Meta.triggers,
            frozen(name="letter_sent", since="sent_at", message="Un courrier parti ne change plus."),
            Refuses(
                name="letter_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(f"(({OLD}) IS DISTINCT FROM ({NEW}))"),
                message="Un courrier établi ne se récrit pas : établissez-en un autre.",
            ),
            Refuses(
                name="letter_kept",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__sent_at__isnull=False),
                message="Un courrier parti ne se supprime pas.",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=LetterKind.values), name="letter_kind"),
            models.CheckConstraint(condition=Q(how=None) | Q(how__in=How.values), name="letter_how"),
            set_together(
                *("how", "sent_on", "sent_at"),
                name="letter_sent_how_and_when",
                message="Un courrier parti dit comment et quand.",
            ),
            models.CheckConstraint(
                condition=Q(how=How.MAIL, kind=LetterKind.COURRIEL)
                | ~Q(kind=LetterKind.COURRIEL) & (Q(how=None) | ~Q(how=How.MAIL)),
                name="letter_by_mail_is_the_notice",
                violation_error_message="Par courriel ne part que l’avis sans nom ni décision.",
            ),
            models.CheckConstraint(
                condition=Q(kind=LetterKind.COURRIEL)
                | Q(produced_by__isnull=False)
                & (Q(sent_at=None, sent_by=None) | Q(sent_at__isnull=False, sent_by__isnull=False)),
                name="letter_made_and_sent_by_somebody",
                violation_error_message="Un courrier est établi et remis par quelqu’un.",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(sent_at__gte=F("produced_at")), name="letter_made_then_sent"
            ),
            models.UniqueConstraint(fields=["about"], condition=Q(kind=LetterKind.COURRIEL), name="letter_mailed_once"),
        ]

    def __str__(self) -> str:
        return str(LetterKind(self.kind).label)

    def get_absolute_url(self) -> str:
        return reverse("dossiers:letter", args=[self.dossier_id, self.pk])
