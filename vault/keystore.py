"""Tables of the database `keystore`: wrapped keys only, so that a dump of the other database stays unreadable."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact
from django.utils import timezone

KEYSTORE = "keystore"


class KeyClass(models.TextChoices):
    """Kinds of data that have a key of their own for each subject: who has not the key cannot read."""

    IDENTITY = "IDENTITY", "Identité"
    SOCIAL = "SOCIAL", "Situation sociale"
    HEALTH = "HEALTH", "Santé"
    JUSTICE = "JUSTICE", "Justice"
    BANK = "BANK", "Coordonnées bancaires"


def _wrapped_size() -> Q:
    """The only size of 32 wrapped bytes: nonce 12, key 32, tag 16."""
    return Q(Exact(Func(F("wrapped"), function="octet_length", output_field=models.IntegerField()), 60))


class Dek(models.Model):
    """The key that seals the data of one class about one subject (person, household or third party)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    subject_id = models.UUIDField()
    klass = models.CharField(max_length=16, choices=KeyClass)
    version = models.PositiveIntegerField(default=1)
    kek_version = models.PositiveIntegerField()
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "clé d’une personne ou d’un ménage"
        verbose_name_plural = "clés des personnes et des ménages"
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "klass", "version"], name="dek_once"),
            models.CheckConstraint(
                condition=Q(version__gte=1, version__lte=65535),
                name="dek_version_in_header",
                violation_error_message="La version d’une clé va de 1 à 65535.",
            ),
            models.CheckConstraint(
                condition=Q(klass__in=["IDENTITY", "SOCIAL", "HEALTH", "JUSTICE", "BANK"]),
                name="dek_class_known",
                violation_error_message="Classe de clé inconnue.",
            ),
            models.CheckConstraint(
                condition=_wrapped_size(),
                name="dek_wrapped_size",
                violation_error_message="Une clé enveloppée fait 60 octets.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.klass} {self.version} · {self.subject_id}"


class PeriodKey(models.Model):
    """The key of the ids of a period's facts. Destroyed with the period: the row stays, so none is made again."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=64, unique=True)
    kek_version = models.PositiveIntegerField()
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "clé d’une période"
        verbose_name_plural = "clés des périodes"
        constraints = [
            models.CheckConstraint(
                condition=Q(wrapped__isnull=True) | _wrapped_size(),
                name="period_key_wrapped_size",
                violation_error_message="Une clé enveloppée fait 60 octets.",
            ),
            models.CheckConstraint(
                condition=Q(wrapped__isnull=True, destroyed_at__isnull=False)
                | Q(wrapped__isnull=False, destroyed_at__isnull=True),
                name="period_key_present_or_destroyed",
                violation_error_message="Une clé de période est présente ou détruite, pas les deux.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IndexRoot(models.Model):
    """The root from which the keys of the blind indexes come, for one epoch. Destroyed with it: the row stays."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    epoch = models.PositiveSmallIntegerField(unique=True)
    kek_version = models.PositiveIntegerField()
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "racine des index"
        verbose_name_plural = "racines des index"
        constraints = [
            models.CheckConstraint(
                condition=Q(wrapped__isnull=True) | _wrapped_size(),
                name="index_root_wrapped_size",
                violation_error_message="Une clé enveloppée fait 60 octets.",
            ),
            models.CheckConstraint(
                condition=Q(wrapped__isnull=True, destroyed_at__isnull=False)
                | Q(wrapped__isnull=False, destroyed_at__isnull=True),
                name="index_root_present_or_destroyed",
                violation_error_message="Une racine d’index est présente ou détruite, pas les deux.",
            ),
        ]

    def __str__(self) -> str:
        return f"époque {self.epoch}"
