"""Rows of the tests of the vault. `conftest.py` makes their tables and installs their application, for these tests."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from vault.fields import EncryptedDate, EncryptedDecimal, EncryptedText
from vault.models import KeyClass, Vaulted
from vault.rows import VaultManager


class Note(Vaulted):
    """One field of each kind, two classes of keys more than one."""

    code = models.CharField(max_length=20, default="")
    above = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="below")
    author = EncryptedText(label="tests.note.author", klass=KeyClass.IDENTITY, null=True, max_length=60)
    other = EncryptedText(label="tests.note.other", klass=KeyClass.IDENTITY, null=True, blank=True)
    day = EncryptedDate(label="tests.note.day", klass=KeyClass.IDENTITY, null=True, blank=True)
    amount = EncryptedDecimal(label="tests.note.amount", klass=KeyClass.SOCIAL, null=True, blank=True)
    kind = EncryptedText(label="tests.note.kind", klass=KeyClass.HEALTH, null=True, blank=True, pad_to=32)

    objects: ClassVar[VaultManager[Note]] = VaultManager()

    class Meta(Vaulted.Meta):
        app_label = "vault_tests"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(author__isnull=True) | models.Q(code__gt=""),
                name="note_author_has_code",
                violation_error_message="Une note signée a un code.",
            )
        ]

    def __str__(self) -> str:
        return self.code


class Link(models.Model):
    """A row without secrets that points to one with."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE)

    objects: ClassVar[models.Manager[Link]] = models.Manager()

    class Meta:
        app_label = "vault_tests"

    def __str__(self) -> str:
        return str(self.pk)
