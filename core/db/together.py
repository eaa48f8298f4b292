"""Several lists in one statement: what a page asks of ten tables costs one journey to PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql.compiler import SQLCompiler

Read = Callable[[Any], Any]

# what JSON says as text, by the type of the column, and how it is read again; the rest is itself
READ: dict[str, Read] = {
    "uuid": UUID,
    "date": date.fromisoformat,
    "timestamp with time zone": datetime.fromisoformat,
    "bytea": lambda said: bytes.fromhex(said.removeprefix("\\x")),
}
AS_IT_IS = ("varchar", "text", "boolean", "integer", "smallint", "bigint")


def fetch(*querysets: QuerySet[Any]) -> None:
    """Evaluate these querysets in one statement: each then holds its rows, as if it had asked alone.

    Each brings rows of a model, with `select_related`, annotations, an order and a limit of its own. Those that are
    evaluated already, and those that can only be empty, ask nothing. Raises `TypeError` for `values()`, for a column
    whose type is not in `READ` or `AS_IT_IS`, and for lists of two databases.
    """
    legs = [leg for each in querysets if each._result_cache is None and (leg := _leg(each))]
    if len({leg.queryset.db for leg in legs}) > 1:
        raise TypeError("lists of two databases are not fetched together")
    if len(legs) == 1:
        len(legs[0].queryset)
    elif legs:
        # the rows of a union come in any order: each says its place in its own list
        sql = " UNION ALL ".join(
            f"SELECT {place}, row_number() OVER (), row_to_json(leg) FROM ({leg.sql}) AS leg"  # noqa: S608  Django's own
            for place, leg in enumerate(legs)
        )
        with connections[legs[0].queryset.db].cursor() as cursor:
            cursor.execute(sql, [value for leg in legs for value in leg.parameters])
            for place, _, row in sorted(cursor.fetchall(), key=lambda found: found[:2]):
                legs[place].take(row)
        for leg in legs:
            leg.fill()


class _Leg:
    """One of the lists: its statement, and how a row of JSON becomes what the driver would have read."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        if queryset._iterable_class is not ModelIterable:
            raise TypeError(f"{queryset.model._meta.label}: rows of a model are fetched together, not values()")
        self.queryset = queryset
        self.compiler: SQLCompiler = queryset.query.get_compiler(queryset.db)
        self.sql, self.parameters = self.compiler.as_sql(with_col_aliases=True)
        self.readers = {alias: _reader(column, self.compiler) for column, _, alias in self.compiler.select}
        self.rows: list[tuple[Any, ...]] = []

    def take(self, row: Mapping[str, Any]) -> None:
        values = ((row[alias], read) for alias, read in self.readers.items())
        self.rows.append(tuple(value if value is None or read is None else read(value) for value, read in values))

    def fill(self) -> None:
        """Let the queryset read its rows here, then forget this place: a copy of it asks the database again."""
        self.compiler.execute_sql = lambda *_, **__: [self.rows]  # type: ignore[method-assign,assignment]
        self.queryset.query.get_compiler = lambda *_, **__: self.compiler  # type: ignore[method-assign]
        try:
            len(self.queryset)
        finally:
            del self.queryset.query.get_compiler


def _leg(queryset: QuerySet[Any]) -> _Leg | None:
    """None for a list that can only be empty, which is evaluated at once."""
    try:
        return _Leg(queryset)
    except EmptyResultSet:
        len(queryset)
        return None


def _reader(column: Any, compiler: SQLCompiler) -> Read | None:
    field = column.output_field
    while field.remote_field:
        field = field.target_field
    kind = field.db_type(compiler.connection)
    if kind in READ:
        return READ[kind]
    if kind.split("(")[0].removesuffix("[]") in AS_IT_IS:
        return None
    raise TypeError(f"{column}: a column of type {kind} is not fetched together with others")
