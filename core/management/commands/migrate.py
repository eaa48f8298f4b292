"""`migrate`: Django's, for every database, then what must hold after it."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import connections, router
from django.utils.module_loading import module_has_submodule

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
            for part in parts(alias, options):
                super().handle(*args, **{**options, "database": alias, **part})
            if not (options["plan"] or options["check_unapplied"]):
                apply_hooks(alias)


def parts(alias: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    """What to run there: all of it at once, or the apps that have their tables there, and a note that the rest is done.

    Walking migrations that make nothing costs as much as making them, and the keystore holds the tables of one app.
    """
    labels = [each.label for each in apps.get_app_configs() if _has_migrations(each)]
    here = [label for label in labels if router.allow_migrate(alias, label)]
    if options["app_label"] or options["fake"] or len(here) > len(labels) / 2:
        return [{}]
    return [*({"app_label": label, "run_syncdb": False} for label in here), {"fake": True}]


def _has_migrations(app: AppConfig) -> bool:
    return module_has_submodule(app.module, "migrations") if app.module else False


def _aliases(options: dict[str, Any]) -> list[str]:
    return [options["database"]] if options["database"] else list(connections)
