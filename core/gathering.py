"""Rows inserted by groups: an import tells thousands of facts in one transaction, one statement each would be slow.

Operations insert with `insert(row)`. In a block that gathers, the row waits with its like and both are written at the
end of the block; elsewhere it is written at once. A block that fails drops what it gathered, as its savepoint drops
what was written. Foreign keys are checked at commit, so that the order of the groups does not matter.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.db import models


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows that wait, by model, and the models that may wait here (all, when none is named)."""

    only: tuple[type[models.Model], ...]
    waiting: dict[type[models.Model], dict[Hashable, models.Model]] = field(default_factory=dict)

    def takes(self, model: type[models.Model]) -> bool:
        return not self.only or model in self.only


_innermost: ContextVar[_Block | None] = ContextVar("gathering", default=None)


def insert(row: models.Model, *, once: Hashable = None) -> None:
    """Insert a new row, now or at the end of the block that gathers its model. Of rows with the same `once`, one stays.

    A row that waits is not in the database yet: a block names the models that nothing reads back inside.
    """
    block = _innermost.get()
    if block is None or not block.takes(type(row)):
        row.save(force_insert=True)
        return
    block.waiting.setdefault(type(row), {})[row.pk if once is None else once] = row


@contextmanager
def gathering(*only: type[models.Model]) -> Iterator[None]:
    """Gather the inserts of these models (of all, when none is named). Belongs inside a transaction.

    A block inside another hands over what the other takes; PostgreSQL's refusals come when the rows are written.
    """
    mine, around = _Block(only), _innermost.get()
    token = _innermost.set(mine)
    try:
        yield
    finally:
        _innermost.reset(token)
    for model, rows in mine.waiting.items():
        if around is not None and around.takes(model):
            around.waiting.setdefault(model, {}).update(rows)
        else:
            model._default_manager.bulk_create(rows.values())
