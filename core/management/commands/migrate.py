"""`migrate`: Django's, for every database, then what must hold after it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import connections

from core.management.after_migrate import apply_hooks


class Command(DjangoCommand):
    """Without `--database`, all databases; each hook of AFTER_MIGRATE is called with each connection."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Django's arguments, without a default database."""
        super().add_arguments(parser)
        parser.set_defaults(database=None)

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """Check the databases that will be migrated."""
        return {**super().get_check_kwargs(options), "databases": _aliases(options)}

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then call the hooks, unless one only looks (`--plan`, `--check`)."""
        for alias in _aliases(options):
            super().handle(*args, **{**options, "database": alias})
            if not (options["plan"] or options["check_unapplied"]):
                apply_hooks(alias)


def _aliases(options: dict[str, Any]) -> list[str]:
    return [options["database"]] if options["database"] else list(connections)
