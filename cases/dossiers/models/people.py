"""Households and persons. A person is the subject of her own keys; a household of what its members share."""

from __future__ import annotations

from datetime import date
from typing import Self
from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.dossiers.models.choices import PersonRole, Precision, Sex
from core.constraints import in_order
from core.typography import day_and_month, of_whom
from vault.fields import EncryptedDate, EncryptedText
from vault.models import KeyClass, Vaulted

NICKNAME = 3  # words at most: beyond, it is a sentence that one does not call anybody by


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

    Who does not give her name is known by something else (`known_as`: a nickname, or a sentence) until she does.
    No sort key: a folded name is the name in clear (`architecture.md` § 4).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    last_name = EncryptedText("nom", label="dossiers.person.last_name", klass=KeyClass.IDENTITY, null=True)
    first_name = EncryptedText("prénom", label="dossiers.person.first_name", klass=KeyClass.IDENTITY, null=True)
    birth_date = EncryptedDate(
        "date de naissance", label="dossiers.person.birth_date", klass=KeyClass.IDENTITY, null=True
    )
    known_as = EncryptedText("reconnue à", label="dossiers.person.known_as", klass=KeyClass.IDENTITY, null=True)
    met_on = models.DateField("rencontrée le", null=True)
    sex = EncryptedText("sexe", label="dossiers.person.sex", klass=KeyClass.IDENTITY, null=True, pad_to=8)
    # `last_name` is the one shown: that of use when there is one, else that of birth, else as it was first told
    birth_name = EncryptedText(
        "nom de naissance", label="dossiers.person.birth_name", klass=KeyClass.IDENTITY, null=True
    )
    use_name = EncryptedText("nom d’usage", label="dossiers.person.use_name", klass=KeyClass.IDENTITY, null=True)
    civility = EncryptedText("civilité", label="dossiers.person.civility", klass=KeyClass.IDENTITY, null=True, pad_to=8)
    birth_precision = EncryptedText(
        "précision de la date de naissance",
        label="dossiers.person.birth_precision",
        klass=KeyClass.IDENTITY,
        null=True,
        pad_to=8,
    )
    created_at = models.DateTimeField("créée le")

    class Meta(Vaulted.Meta):
        verbose_name = "personne"
        constraints = [
            models.CheckConstraint(condition=Q(subject_id=models.F("id")), name="person_is_own_subject"),
            models.CheckConstraint(
                condition=Q(last_name__isnull=False) | Q(known_as__isnull=False),
                name="person_has_a_name_or_a_sign",
                violation_error_message="Écrivez un nom, ou ce qui permettra de reconnaître la personne.",
            ),
        ]

    def __str__(self) -> str:
        return "personne"

    @property
    def name(self) -> str:
        """« Prénom Nom », as one addresses her; else what she is called by."""
        if not self.is_named:
            return self.first_name or self.alias
        return " ".join(part for part in (self.first_name, self.last_name) if part)

    @property
    def whose(self) -> str:
        """« d’Hortense Orsel », « de la personne dite « Le Breton » »: her name after « pièce »."""
        if self.is_named or self.first_name:
            return of_whom(self.name)
        return f"de la {self.alias[:1].lower()}{self.alias[1:]}"

    @property
    def listed_name(self) -> str:
        """« Nom, Prénom », as a list sorts it; else what she is called by."""
        if not self.is_named:
            return self.name
        return ", ".join(part for part in (self.last_name, self.first_name) if part)

    @property
    def is_named(self) -> bool:
        return self.last_name is not None

    @property
    def alias(self) -> str:
        """« Personne dite « Le Breton » »; when one knows her by a sentence, the day when she was met."""
        if self.known_as and len(self.known_as.split()) <= NICKNAME:
            return f"Personne dite « {self.known_as} »"
        if self.met_on is None:
            return "Personne sans nom connu"
        return f"Personne rencontrée le {day_and_month(self.met_on, today=timezone.localdate())}"

    def is_woman(self) -> bool:
        return self.sex == Sex.F

    @property
    def is_born_in_a_year(self) -> bool:
        """Only the year of birth is known: the date holds its first of January."""
        return self.birth_precision == Precision.YEAR

    def age_on(self, day: date) -> int | None:
        """Years on that day, None when the birth is not known. Within one year when only the year is known."""
        born = self.birth_date
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def present(self) -> Self:
        """Those who have not left."""
        return self.filter(left_on=None)


class Participant(models.Model):
    """One stay of a person in the household of one situation, and in which place. One titulaire at most.

    Who comes back has another stay. The titulaire of a closed dossier keeps her place; one that another replaced is
    « ancien titulaire ». A day that is not known stays empty: the person was there from the beginning.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey("dossiers.Dossier", models.PROTECT, related_name="participants")
    person = models.ForeignKey(Person, models.PROTECT, related_name="participations")
    role = models.CharField("place", max_length=10, choices=PersonRole.choices)
    joined_on = models.DateField("arrivée le", null=True)
    left_on = models.DateField("partie le", null=True)

    person_id: UUID
    dossier_id: UUID
    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = "membre du ménage"
        verbose_name_plural = "membres du ménage"
        constraints = [
            models.CheckConstraint(condition=Q(role__in=PersonRole.values), name="participant_role"),
            models.UniqueConstraint(
                fields=["dossier", "person"],
                condition=Q(left_on=None),
                name="participant_once",
                violation_error_message="Cette personne est déjà dans ce ménage.",
            ),
            in_order(
                "joined_on", "left_on", name="participant_dates", message="On quitte un ménage après y être entré."
            ),
            models.CheckConstraint(
                condition=~Q(role=PersonRole.ANCIEN) | Q(left_on__isnull=False),
                name="participant_former_has_left",
                violation_error_message="Un ancien titulaire a quitté le ménage.",
            ),
            models.UniqueConstraint(
                fields=["dossier"],
                condition=Q(role=PersonRole.TITULAIRE),
                name="participant_one_titulaire",
                violation_error_message="Un dossier a un seul titulaire.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_role_display()
