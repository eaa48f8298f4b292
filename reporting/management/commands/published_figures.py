"""`manage.py published_figures`: the report's figures, published and computed, with their gaps."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from core.commands import JsonCommand
from core.typography import gap, number
from reporting import operations
from reporting.operations import Row
from reporting.views import UNITS, Line, lines_of

LABELS, NUMBERS = 60, 12  # widths of the table’s columns
UNKNOWN = "–"


class Command(JsonCommand):
    help = "Compte les chiffres F01 à F11 et les met à côté de ceux qui sont publiés."

    def run(self, **options: Any) -> list[dict[str, Any]]:
        operations.recount()
        return [as_told(row) for row in operations.published_rows()]

    def show(self, value: list[dict[str, Any]]) -> None:
        for told in value:
            row = Row(**told, computed_at=None)
            self.stdout.write(
                f"{f'{row.id} {row.period}  {row.label}':<{LABELS}}{_cells('publié', 'recalculé', 'écart')}"
            )
            for line in lines_of(row):
                label = f"  {'  ' * line.is_detail}{line.label or UNITS.get(row.id, 'nombre')}"
                numbers = (_written(line.published, line), _written(line.computed, line))
                differs = UNKNOWN if line.gap is None else gap(line.gap, line.decimals)
                self.stdout.write(f"{label:<{LABELS}}{_cells(*numbers, differs)}")
            if row.note:
                self.stdout.write(f"  À savoir : {row.note}")
            self.stdout.write("")


def _cells(*texts: str) -> str:
    return "".join(f"{text:>{NUMBERS}}" for text in texts)


def _written(value: Decimal | None, line: Line) -> str:
    return UNKNOWN if value is None else number(value, line.decimals)


def as_told(row: Row) -> dict[str, Any]:
    """The row as scripts read it (no hour: it is the present one)."""
    told = asdict(row)
    del told["computed_at"]
    return told
