"""Rows on their way to PostgreSQL by COPY, table by table.

Row security refuses COPY into its tables, even to the worker who sees every row: these are copied into a temporary
table, then inserted from it, under the same policies and constraints as any other row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, models

from vault.fields import EncryptedField

NULL = "\\N"
BYTES = "\\\\x"

WRITES: dict[type, Callable[[Any], str]] = {
    int: str,
    UUID: lambda value: f"{value.int:032x}",
    date: date.isoformat,
    bytes: lambda value: BYTES + value.hex(),
}


class Sheet:
    """The rows of one table. Texts are codes and references: nothing in them needs escaping."""

    __slots__ = ("columns", "lines", "table")

    def __init__(self, model: type[models.Model], *columns: str) -> None:
        expected = {field.column for field in model._meta.concrete_fields}
        if set(columns) != expected:
            raise TypeError(f"{model._meta.label}: COPY does not say {expected ^ set(columns)}")
        self.table, self.columns = model._meta.db_table, columns
        self.lines: list[str] = []

    def add(self, *values: Any) -> None:
        """One row, in the order of the columns."""
        self.lines.append(
            "\t".join(
                [
                    value if (kind := type(value)) is str else NULL if value is None else WRITES[kind](value)
                    for value in values
                ]
            )
        )

    def copy(self) -> None:
        """Write the rows, in the caller's transaction, and forget them. Once in a transaction for one table."""
        if not self.lines:
            return
        names = ", ".join(f'"{column}"' for column in self.columns)
        text = "\n".join(self.lines) + "\n"
        self.lines.clear()
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_security_active(%s::regclass)", [self.table])
            if not cursor.fetchone()[0]:
                _send(cursor, f'COPY "{self.table}" ({names}) FROM STDIN', text)
                return
            aside = f"aside_{self.table}"
            cursor.execute(
                f'CREATE TEMPORARY TABLE IF NOT EXISTS "{aside}" (LIKE "{self.table}") ON COMMIT DELETE ROWS'
            )
            _send(cursor, f'COPY "{aside}" ({names}) FROM STDIN', text)
            cursor.execute(f'INSERT INTO "{self.table}" ({names}) SELECT {names} FROM "{aside}"')  # noqa: S608  our own names


def _send(cursor: Any, statement: str, text: str) -> None:
    with cursor.copy(statement) as copy:
        copy.write(text)


def fields_of(model: type[models.Model], *names: str) -> list[EncryptedField[Any, Any]]:
    """The encrypted fields of these names, which seal."""
    found = [model._meta.get_field(name) for name in names]
    return [field for field in found if isinstance(field, EncryptedField)]
