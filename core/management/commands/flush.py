"""`flush`: Django's, then the reference data and rights again; a test that commits leaves a usable database."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.flush import Command as DjangoCommand

from core.management.after_migrate import apply_hooks


class Command(DjangoCommand):
    """Empties the database, then calls the hooks of AFTER_MIGRATE unless post-migrate work is inhibited."""

    def handle(self, **options: Any) -> None:
        """Flush, then call the hooks."""
        super().handle(**options)
        if not options.get("inhibit_post_migrate"):
            apply_hooks(options["database"])
