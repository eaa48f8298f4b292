"""Declarations that `manage.py check` refuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted


def ids(model: type[models.Model]) -> list[str]:
    return sorted(error.id for error in model.check() if error.id and error.id.startswith("vault."))


def text(**options: Any) -> EncryptedText[Any, Any]:
    return EncryptedText(**{"label": "tests.x.y", "klass": KeyClass.IDENTITY, **options})


@isolate_apps("vault")
def test_a_right_declaration_is_accepted() -> None:
    class Right(Vaulted):
        secret = text(null=True)

        class Meta(Vaulted.Meta):
            app_label = "vault"

        def __str__(self) -> str:
            return "right"

    assert ids(Right) == []


@isolate_apps("vault")
def test_wrong_declarations_are_named() -> None:
    class Plain(models.Model):
        secret = text()

        class Meta:
            app_label = "vault"

        def __str__(self) -> str:
            return "plain"

    class NoTrigger(Vaulted):
        secret = text(label=" ")

        class Meta:
            app_label = "vault"

        def __str__(self) -> str:
            return "no trigger"

    class Indexed(Vaulted):
        one = text(db_index=True)
        two = text(unique=True)
        three = text()
        four = text()
        five = text(db_default="x")

        class Meta(Vaulted.Meta):
            app_label = "vault"
            indexes = [models.Index(fields=["-three"], name="three_index")]
            constraints = [models.UniqueConstraint(fields=["four"], name="four_once")]

        def __str__(self) -> str:
            return "indexed"

    assert ids(Plain) == ["vault.E004"]
    assert ids(NoTrigger) == ["vault.E002", "vault.E006"]
    assert ids(Indexed) == ["vault.E003"] * 4 + ["vault.E005"]


def test_an_unknown_class_of_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="SECRET"):
        text(klass="SECRET")


def test_label_and_class_are_required() -> None:
    with pytest.raises(TypeError):
        EncryptedText(null=True)
