"""Tables of the vault's own test rows, and a memory of keys that starts empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import AppConfig, apps
from django.db import connection
from pytest_django import DjangoDbBlocker

import tests.vault
from tests.vault.models import Link, Note
from vault import keys


class VaultTests(AppConfig):
    """The application of the rows of these tests; the rest of the tests does not see it."""

    name = "tests.vault"
    label = "vault_tests"
    path = str(Path(__file__).parent)


@pytest.fixture(scope="module", autouse=True)
def _installed() -> Iterator[None]:
    application = VaultTests("tests.vault", tests.vault)
    application.apps = apps
    apps.app_configs["vault_tests"] = application
    application.import_models()
    apps.clear_cache()
    yield
    del apps.app_configs["vault_tests"]
    apps.clear_cache()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The usual databases, and these two tables."""
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            for model in (Link, Note):
                editor.execute(f"DROP TABLE IF EXISTS {model._meta.db_table} CASCADE")
            for model in (Note, Link):
                editor.create_model(model)
        for trigger in Note._meta.triggers:  # type: ignore[attr-defined]
            trigger.install(Note)


@pytest.fixture(autouse=True)
def _no_key_in_memory() -> None:
    keys.forget_all()


@pytest.fixture
def note(db: None) -> Callable[..., Note]:
    """Makes and saves a note of a new subject."""

    def make(**values: Any) -> Note:
        return Note.objects.create(**{"subject_id": uuid4(), "code": "n", **values})

    return make
