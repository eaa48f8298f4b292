"""Households and persons. A person is the subject of her own keys; a household of what its members share."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q

from cases.dossiers.models.choices import PersonRole, Sex
from vault.fields import EncryptedDate, EncryptedText
from vault.models import KeyClass, Vaulted


class Household(models.Model):
    """A household over the years: it may have several situations. It holds no personal data itself."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    created_at = models.DateTimeField("créé le")

    class Meta:
        verbose_name = "ménage"

    def __str__(self) -> str:
        return "ménage"


class Person(Vaulted):
    """One person. `subject_id` is the person's own id: erasing one spouse leaves the other readable.

    No sort key: a folded name is the name in clear (`architecture.md` § 4).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    last_name = EncryptedText("nom", label="dossiers.person.last_name", klass=KeyClass.IDENTITY)
    first_name = EncryptedText("prénom", label="dossiers.person.first_name", klass=KeyClass.IDENTITY, null=True)
    birth_date = EncryptedDate(
        "date de naissance", label="dossiers.person.birth_date", klass=KeyClass.IDENTITY, null=True
    )
    sex = EncryptedText("sexe", label="dossiers.person.sex", klass=KeyClass.IDENTITY, null=True, pad_to=8)
    created_at = models.DateTimeField("créée le")

    class Meta(Vaulted.Meta):
        verbose_name = "personne"
        constraints = [models.CheckConstraint(condition=Q(subject_id=models.F("id")), name="person_is_own_subject")]

    def __str__(self) -> str:
        return "personne"

    @property
    def name(self) -> str:
        """« Prénom Nom », as one addresses her."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)

    @property
    def listed_name(self) -> str:
        """« Nom, Prénom », as a list sorts it."""
        return ", ".join(part for part in (self.last_name, self.first_name) if part)

    def is_woman(self) -> bool:
        return self.sex == Sex.F


class Participant(models.Model):
    """Who makes up the household in one situation, and in which place. One titulaire at most."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey("dossiers.Dossier", models.PROTECT, related_name="participants")
    person = models.ForeignKey(Person, models.PROTECT, related_name="participations")
    role = models.CharField("place", max_length=10, choices=PersonRole.choices)

    person_id: UUID

    class Meta:
        verbose_name = "membre du ménage"
        verbose_name_plural = "membres du ménage"
        constraints = [
            models.CheckConstraint(condition=Q(role__in=PersonRole.values), name="participant_role"),
            models.UniqueConstraint(fields=["dossier", "person"], name="participant_once"),
            models.UniqueConstraint(
                fields=["dossier"],
                condition=Q(role=PersonRole.TITULAIRE),
                name="participant_one_titulaire",
                violation_error_message="Un dossier a un seul titulaire.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_role_display()
