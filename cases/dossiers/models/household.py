"""What is sealed of a household beside its members' names: ties, custody, births to come, animals."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from cases.dossiers.models.dossier import Dossier
from cases.dossiers.models.people import Participant, Person
from vault.fields import EncryptedDate, EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet


class MemberDetail(Vaulted):
    """What a person is to the titulaire during one stay: codes of `Relation`, `Custody`, `Leaving`.

    Its subject is the person: when a couple parts, nothing of it is sealed anew.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="member_details")
    participant = models.OneToOneField(Participant, models.PROTECT, related_name="detail")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    relation = EncryptedText("lien", label="dossiers.member.relation", klass=KeyClass.SOCIAL, null=True, pad_to=16)
    custody = EncryptedText("garde", label="dossiers.member.custody", klass=KeyClass.SOCIAL, null=True, pad_to=16)
    leaving = EncryptedText(
        "raison du départ", label="dossiers.member.leaving", klass=KeyClass.SOCIAL, null=True, pad_to=16
    )

    participant_id: UUID
    objects = VaultQuerySet["MemberDetail"].as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "précision sur un membre"
        verbose_name_plural = "précisions sur les membres"
        constraints = [
            models.CheckConstraint(condition=Q(subject_id=models.F("person_id")), name="member_detail_subject")
        ]

    def __str__(self) -> str:
        return "précision sur un membre"


class ExpectedBirth(Vaulted):
    """A child to be born. `id` is the UUID that the person will bear, and her own subject already."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="expected_births")
    expected_on = EncryptedDate("attendue le", label="dossiers.birth.expected_on", klass=KeyClass.SOCIAL)
    recorded_at = models.DateTimeField("inscrite le")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField("n’est plus attendue depuis", null=True)

    dossier_id: UUID
    objects = VaultQuerySet["ExpectedBirth"].as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "naissance attendue"
        verbose_name_plural = "naissances attendues"
        constraints = [models.CheckConstraint(condition=Q(subject_id=models.F("id")), name="birth_is_own_subject")]

    def __str__(self) -> str:
        return "naissance attendue"


class HouseholdAnimals(Vaulted):
    """The animals that live with a household: what a landlord asks, and what makes some shelters refuse it.

    Numbers are digits; `dog_category` is « 1 » or « 2 » (law of 6 January 1999), nothing for other dogs.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.OneToOneField(Dossier, models.PROTECT, related_name="animals")
    dogs = EncryptedText("chiens", label="dossiers.animals.dogs", klass=KeyClass.SOCIAL, null=True, pad_to=8)
    dog_category = EncryptedText(
        "chien de catégorie", label="dossiers.animals.dog_category", klass=KeyClass.SOCIAL, null=True, pad_to=8
    )
    cats = EncryptedText("chats", label="dossiers.animals.cats", klass=KeyClass.SOCIAL, null=True, pad_to=8)
    others = EncryptedText("autres animaux", label="dossiers.animals.others", klass=KeyClass.SOCIAL, null=True)
    recorded_at = models.DateTimeField("inscrits le")

    objects = VaultQuerySet["HouseholdAnimals"].as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "animaux du ménage"
        verbose_name_plural = "animaux des ménages"

    def __str__(self) -> str:
        return "animaux du ménage"
