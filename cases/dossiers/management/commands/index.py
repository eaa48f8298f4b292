"""`index`: print every person again, by what she is found; `--new-key` begins an epoch of the index keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from cases.dossiers.operations.indexing import rebuild, rotate


class Command(BaseCommand):
    """For the operator: after an update that prints otherwise, and once a year for the key."""

    help = "Refait l’index de recherche des personnes. --new-key : change sa clé, le travail de fond refait l’index."

    def add_arguments(self, parser: CommandParser) -> None:
        """One option."""
        parser.add_argument("--new-key", action="store_true", help="commence une nouvelle époque de la clé d’index")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was done, without a name."""
        if options["new_key"]:
            epoch = rotate()
            self.stdout.write(
                f"Époque {epoch} commencée : le travail de fond refait l’index, puis détruit l’ancienne clé."
            )
            return
        groups = 0
        last: UUID | None = None
        while (last := rebuild(after=last)) is not None:
            groups += 1
        self.stdout.write(f"Index refait, en {groups} lots.")
