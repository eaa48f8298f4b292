"""Row locks: the first statement of an operation."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db import models, transaction

M = TypeVar("M", bound=models.Model)


def lock(queryset: models.QuerySet[M] | models.Manager[M], pk: UUID) -> M:
    """Return the row `pk` of `queryset`, locked until the transaction ends.

    Raises the model's `DoesNotExist` when the row is absent or hidden by row-level security,
    and `TransactionManagementError` outside a transaction, where a lock would mean nothing.
    """
    if not transaction.get_connection(queryset.db).in_atomic_block:
        raise transaction.TransactionManagementError("lock() needs a transaction: decorate the operation with atomic")
    return queryset.all().select_for_update(of=("self",)).get(pk=pk)
