"""Answers to the questions of an evaluation: one row each, sealed; and what somebody wrote that is not yet settled.

What figures, fiches and imports read stays in the columns of `Evaluation` and `HousingRequest`: for those questions
the row here tells who wrote and which revision, never the value (`questions.Place`).
"""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID, uuid4

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from cases.dossiers.models.dossier import Dossier
from cases.dossiers.models.evaluation import FROZEN, Evaluation
from core.constraints import Refuses
from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted

PADDED = 32  # codes and short words have the same length
EITHER = "Une réponse a une valeur, ou une raison d’être vide."


class FollowsEvaluation(Refuses):
    """Refuses to write beside an evaluation that is frozen, or that is another dossier's (`config/db_rights/`)."""

    def __init__(self, *, but: str = "") -> None:
        """`but` is a column that may change all the same, alone."""
        self.but = but
        operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
        super().__init__(name="follows_evaluation", operation=operation, message=FROZEN)

    def get_func(self, model: Any) -> str:
        """The row passes, or the sentence is said."""
        refused = super().get_func(model)
        free = (
            f"ELSIF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{self.but}' = to_jsonb(OLD) - '{self.but}' THEN RETURN NEW; "
        )
        return (
            "IF TG_OP = 'DELETE' THEN IF seuil_evaluation_takes(OLD.evaluation_id, OLD.dossier_id) THEN RETURN OLD;"
            f" END IF; {free if self.but else ''}"
            "ELSIF seuil_evaluation_takes(NEW.evaluation_id, NEW.dossier_id) THEN RETURN NEW; END IF; " + refused
        )


class OfEvaluation(Vaulted):
    """A row that belongs to one version of an evaluation, and is frozen with it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    evaluation = models.ForeignKey(Evaluation, models.PROTECT, related_name="%(class)ss", verbose_name="évaluation")
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="%(class)ss", verbose_name="dossier")

    evaluation_id: UUID
    dossier_id: UUID

    class Meta(Vaulted.Meta):
        abstract = True
        triggers = [*Vaulted.Meta.triggers, FollowsEvaluation()]


VALUE_OR_REASON = Refuses(
    name="value_or_reason",
    operation=pgtrigger.Insert | pgtrigger.Update,
    condition=pgtrigger.Q(new__value__isnull=False, new__empty_reason__isnull=False),
    message=EITHER,
)


ONCE = "Cette question a déjà une réponse dans cette version."


def once_for_each() -> models.UniqueConstraint:
    """One answer of each person: another may be titulaire before the version is frozen, and hers are her own."""
    return models.UniqueConstraint(
        fields=["evaluation", "key", "subject_id"], name="%(class)s_once", violation_error_message=ONCE
    )


class AnswerBase(OfEvaluation):
    """The answer to the question `key`: a value in its raw form (`questions.Kind`), or why it is empty, or neither.

    `revision` rises with each writing: who saw another one is told so before anything is lost.
    """

    key = models.CharField("question", max_length=40)
    revision = models.PositiveIntegerField("révision")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField("écrite le")

    value: Any
    empty_reason: Any
    written_by_id: UUID | None

    class Meta(OfEvaluation.Meta):
        abstract = True
        triggers = [*OfEvaluation.Meta.triggers, VALUE_OR_REASON]
        constraints = [models.CheckConstraint(condition=Q(revision__gte=1), name="%(class)s_revision_from_1")]

    def __str__(self) -> str:
        return self.key


class Answer(AnswerBase):
    """What who instructs asks. Its subject is the household."""

    value = EncryptedText("réponse", label="dossiers.answer.value", klass=KeyClass.SOCIAL, null=True, pad_to=PADDED)
    empty_reason = EncryptedText(
        "raison du vide", label="dossiers.answer.empty_reason", klass=KeyClass.SOCIAL, null=True, pad_to=PADDED
    )

    class Meta(AnswerBase.Meta):
        verbose_name = "réponse"
        constraints = [
            *AnswerBase.Meta.constraints,
            models.UniqueConstraint(fields=["evaluation", "key"], name="answer_once", violation_error_message=ONCE),
        ]


class HealthAnswer(AnswerBase):
    """What is written of somebody's health, by who cares for her. Its subject is the person.

    A social worker reads it when `shared_on` is set: the day the person agreed to it. Taken back, it closes at once.
    """

    value = EncryptedText(
        "réponse", label="dossiers.health_answer.value", klass=KeyClass.HEALTH, null=True, pad_to=PADDED
    )
    empty_reason = EncryptedText(
        "raison du vide", label="dossiers.health_answer.empty_reason", klass=KeyClass.HEALTH, null=True, pad_to=PADDED
    )
    shared_on = models.DateField("partagée avec l’accord de la personne le", null=True)

    class Meta(AnswerBase.Meta):
        verbose_name = "réponse de santé"
        verbose_name_plural = "réponses de santé"
        constraints = [*AnswerBase.Meta.constraints, once_for_each()]
        # an agreement is taken back whenever the person wants, were the evaluation frozen
        triggers = [*Vaulted.Meta.triggers, FollowsEvaluation(but="shared_on"), VALUE_OR_REASON]
        permissions = [
            ("read_health", "Lire ce qui est partagé de la santé"),
            ("write_health", "Écrire sur la santé, dire ce qui est partagé"),
        ]


class JusticeAnswer(AnswerBase):
    """When somebody is released, and where she must or may not live. Nothing else. Its subject is the person."""

    value = EncryptedText(
        "réponse", label="dossiers.justice_answer.value", klass=KeyClass.JUSTICE, null=True, pad_to=PADDED
    )
    empty_reason = EncryptedText(
        "raison du vide",
        label="dossiers.justice_answer.empty_reason",
        klass=KeyClass.JUSTICE,
        null=True,
        pad_to=PADDED,
    )

    class Meta(AnswerBase.Meta):
        verbose_name = "réponse de justice"
        verbose_name_plural = "réponses de justice"
        constraints = [*AnswerBase.Meta.constraints, once_for_each()]
        permissions = [
            ("read_justice", "Lire la date de sortie et la contrainte de lieu"),
            ("write_justice", "Écrire la date de sortie et la contrainte de lieu"),
        ]


class AnswerDraft(Vaulted):
    """What somebody wrote while another person wrote the same answer: hers alone, until she says which one stays.

    One of the texts is set, as its question's class asks. Its subject is the answer's. Deleted once settled.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="answer_drafts")
    key = models.CharField("question", max_length=40)
    text = EncryptedText("texte", label="dossiers.answer_draft.text", klass=KeyClass.SOCIAL, null=True, pad_to=PADDED)
    health_text = EncryptedText(
        "texte", label="dossiers.answer_draft.health_text", klass=KeyClass.HEALTH, null=True, pad_to=PADDED
    )
    justice_text = EncryptedText(
        "texte", label="dossiers.answer_draft.justice_text", klass=KeyClass.JUSTICE, null=True, pad_to=PADDED
    )
    written_at = models.DateTimeField("écrit le")

    dossier_id: UUID
    owner_id: UUID

    class Meta(Vaulted.Meta):
        verbose_name = "texte en attente"
        verbose_name_plural = "textes en attente"
        constraints = [
            models.UniqueConstraint(fields=["owner", "dossier", "key", "subject_id"], name="answer_draft_once")
        ]

    def __str__(self) -> str:
        return self.key


TEXT_OF = {KeyClass.SOCIAL: "text", KeyClass.HEALTH: "health_text", KeyClass.JUSTICE: "justice_text"}
"""The text of a draft, by the class of its question."""


class KeptWritingQuerySet(models.QuerySet["KeptWriting"]):
    def live(self) -> Self:
        """Not over, by PostgreSQL's clock."""
        return self.filter(expires_at__gt=Now())


class KeptWriting(models.Model):
    """What somebody sent whose session had just ended: for an hour, sealed by a key that her browser alone holds.

    It names neither the dossier nor the question: they are inside.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    sealed = models.BinaryField("texte scellé")
    written_at = models.DateTimeField("écrit le")
    expires_at = models.DateTimeField("jusqu’à")

    owner_id: UUID
    objects = KeptWritingQuerySet.as_manager()

    class Meta:
        verbose_name = "texte gardé"
        verbose_name_plural = "textes gardés"
        indexes = [models.Index(fields=["owner", "expires_at"], name="kept_writing_of")]

    def __str__(self) -> str:
        return "texte gardé"
