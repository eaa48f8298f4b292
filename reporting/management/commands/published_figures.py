"""`manage.py published_figures`: the report's figures, published and computed, with their gaps."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.commands import JsonCommand
from reporting import operations
from reporting.operations import Row


class Command(JsonCommand):
    help = "Compte les chiffres F01 à F11 et les met à côté de ceux qui sont publiés."

    def run(self, **options: Any) -> list[dict[str, Any]]:
        operations.recount()
        return [as_told(row) for row in operations.published_rows()]

    def show(self, value: list[dict[str, Any]]) -> None:
        for row in value:
            self.stdout.write(f"{row['id']} {row['period']}  {row['label']}")
            self.stdout.write(f"    publié    {row['published']}")
            self.stdout.write(f"    recalculé {row['computed']}")
            self.stdout.write(f"    écart     {row['gap']}")
            if row["note"]:
                self.stdout.write(f"    à savoir  {row['note']}")


def as_told(row: Row) -> dict[str, Any]:
    """The row as scripts read it (no hour: it is the present one)."""
    told = asdict(row)
    del told["computed_at"]
    return told
