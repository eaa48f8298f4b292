"""Two persons who may be one: what was noticed, what was answered, and the link that says so.

Linking rewrites nothing: each person keeps her rows, her keys and her dossiers, and a link may be undone.
"""

from __future__ import annotations

from typing import Self
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from cases.dossiers.models.dossier import Dossier
from cases.dossiers.models.people import Participant, Person
from core.constraints import set_together

ONE_PERSON_TWICE = "Une personne ne se compare pas à elle-même."


class Level(models.TextChoices):
    """How sure one is that they are one, the surest first."""

    CERTAIN = "CERTAIN", "presque certain"
    PROBABLE = "PROBABLE", "probable"
    POSSIBLE = "POSSIBLE", "possible"


class Why(models.TextChoices):
    """Why two persons look alike: kinds, never values."""

    SAME_NUMBER = "SAME_NUMBER", "même numéro unique"
    SAME_NAME = "SAME_NAME", "même nom"
    NEAR_NAME = "NEAR_NAME", "nom proche"
    SWAPPED_NAME = "SWAPPED_NAME", "nom et prénom inversés"
    SAME_FIRST_NAME = "SAME_FIRST_NAME", "même prénom"
    NEAR_FIRST_NAME = "NEAR_FIRST_NAME", "prénom proche"
    NO_FIRST_NAME = "NO_FIRST_NAME", "prénom absent"
    SAME_DATE = "SAME_DATE", "même date de naissance"
    NEAR_DATE = "NEAR_DATE", "date de naissance à un chiffre près"
    SAME_YEAR = "SAME_YEAR", "même année de naissance"
    NO_DATE = "NO_DATE", "date de naissance absente"
    BY_HAND = "BY_HAND", "rapprochement fait par quelqu’un"


class Verdict(models.TextChoices):
    """What somebody said of two persons who look alike."""

    SAME = "SAME", "la même personne"
    APART = "APART", "deux personnes"


class LikenessQuerySet(models.QuerySet["Likeness"]):
    def open(self) -> Self:
        """Nobody has answered yet."""
        return self.filter(answer=None)

    def of_dossier(self, dossier: Dossier) -> Self:
        """Those that concern a person of this dossier."""
        members = Participant.objects.filter(dossier=dossier).values("person")
        return self.filter(Q(one__in=members) | Q(other__in=members))


class Likeness(models.Model):
    """Two persons noticed to look alike, the smaller id first: the pair exists once, both ways.

    Answered « deux personnes », it is never proposed again; an answer may be taken back.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    one = models.ForeignKey(Person, models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, models.CASCADE, related_name="+")
    level = models.CharField("degré", max_length=10, choices=Level.choices)
    reasons = ArrayField(models.CharField(max_length=20, choices=Why.choices), verbose_name="raisons")
    noticed_at = models.DateTimeField("remarquée le")
    answer = models.CharField("réponse", max_length=10, choices=Verdict.choices, null=True)  # noqa: DJ001  absent, not empty
    answered_at = models.DateTimeField("répondue le", null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    one_id: UUID
    other_id: UUID
    objects = LikenessQuerySet.as_manager()

    class Meta:
        verbose_name = "ressemblance"
        constraints = [
            models.CheckConstraint(
                condition=Q(one__lt=F("other")),
                name="likeness_in_order",
                violation_error_message=ONE_PERSON_TWICE,
            ),
            models.UniqueConstraint(
                fields=["one", "other"],
                name="likeness_once",
                violation_error_message="Cette ressemblance est déjà remarquée.",
            ),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="likeness_level"),
            models.CheckConstraint(condition=Q(answer=None) | Q(answer__in=Verdict.values), name="likeness_answer"),
            set_together(
                "answer",
                "answered_at",
                "answered_by",
                name="likeness_answered_by_somebody",
                message="Une réponse dit qui l’a donnée, et quand.",
            ),
        ]
        indexes = [
            models.Index(fields=["level", "noticed_at"], condition=Q(answer=None), name="likeness_to_answer"),
        ]

    def __str__(self) -> str:
        return self.get_level_display()

    def other_of(self, person_id: UUID) -> UUID:
        """The other one of the two."""
        return self.other_id if person_id == self.one_id else self.one_id


class PersonLinkQuerySet(models.QuerySet["PersonLink"]):
    def live(self) -> Self:
        """Not undone."""
        return self.filter(undone_at=None)


class PersonLink(models.Model):
    """Somebody said that these two rows are one person, the smaller id first. Undone, the row stays as history.

    `follows` is the dossier that became the next of another one by this link, and stops being so when it is undone.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    one = models.ForeignKey(Person, models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, models.CASCADE, related_name="+")
    follows = models.ForeignKey(Dossier, models.PROTECT, null=True, related_name="+")
    linked_at = models.DateTimeField("reliées le")
    linked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    undone_at = models.DateTimeField("séparées le", null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    one_id: UUID
    other_id: UUID
    follows_id: UUID | None
    objects = PersonLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "lien entre deux personnes"
        verbose_name_plural = "liens entre personnes"
        constraints = [
            models.CheckConstraint(
                condition=Q(one__lt=F("other")), name="person_link_in_order", violation_error_message=ONE_PERSON_TWICE
            ),
            models.UniqueConstraint(
                fields=["one", "other"],
                condition=Q(undone_at=None),
                name="person_link_once",
                violation_error_message="Ces deux personnes sont déjà reliées.",
            ),
            set_together(
                "undone_at",
                "undone_by",
                name="person_link_undone_by_somebody",
                message="Un lien défait dit par qui, et quand.",
            ),
        ]

    def __str__(self) -> str:
        return "lien"
