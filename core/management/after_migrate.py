"""What must hold in a database after `migrate` or `flush`: rights, reference data. Named by AFTER_MIGRATE."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.module_loading import import_string

Hook = Callable[[BaseDatabaseWrapper], None]


def apply_hooks(alias: str) -> None:
    """Call each hook, in order, with the connection of this database; hooks are idempotent."""
    for path in settings.AFTER_MIGRATE:
        hook: Hook = import_string(path)
        hook(connections[alias])
