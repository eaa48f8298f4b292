"""Row locks: the first statement of an operation."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db import models, transaction

M = TypeVar("M", bound=models.Model)


def lock(queryset: models.QuerySet[M] | models.Manager[M], pk: UUID) -> M:
    """Return the row `pk` of `queryset`, locked until the transaction ends.

    FOR NO KEY UPDATE: a row that another transaction adds may name this one meanwhile (its foreign key asks for the key
    alone, which nothing changes): an import and an act that lock in different orders do not wait for each other.
    Raises the model's `DoesNotExist` when the row is absent or hidden by row-level security,
    and `TransactionManagementError` outside a transaction, where a lock would mean nothing.
    """
    if not transaction.get_connection(queryset.db).in_atomic_block:
        raise transaction.TransactionManagementError("lock() needs a transaction: decorate the operation with atomic")
    return queryset.all().select_for_update(of=("self",), no_key=True).get(pk=pk)
