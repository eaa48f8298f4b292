"""Which database holds what: the wrapped keys live in `keystore`, everything else in `default`."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

KEYSTORE_APPS = frozenset({"vault"})


class KeystoreRouter:
    """Sends the models of `vault` to `keystore`; no relation crosses."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """Alias that holds this model."""
        return self._alias(model._meta.app_label)

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """Alias that holds this model."""
        return self._alias(model._meta.app_label)

    def allow_relation(self, first: Model, second: Model, **hints: Any) -> bool:
        """Whether both live in the same database."""
        return self._alias(first._meta.app_label) == self._alias(second._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        """Whether this app's tables are made in this database."""
        return db == self._alias(app_label)

    @staticmethod
    def _alias(app_label: str) -> str:
        return "keystore" if app_label in KEYSTORE_APPS else "default"
