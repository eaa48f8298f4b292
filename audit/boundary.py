"""The edge of a request or a task: a broken seal is journaled there, in a transaction of its own.

`vault` stands below and cannot journal; the transaction in which it failed rolls back, and would take
the entry with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from audit import journal
from vault.errors import KeyMissing, Tampered, VaultError


def tell(error: VaultError, *, by: AbstractBaseUser | UUID | None) -> None:
    """Journal a value that could not be opened: which field of which row, never what it holds."""
    if isinstance(error, Tampered):
        event, target = "vault.tampered", error.row
    elif isinstance(error, KeyMissing):
        event, target = "vault.key_missing", error.subject
    else:
        return
    with transaction.atomic():
        journal.record(event, target=target, dossier=None, by=by, **error.codes)


@contextmanager
def broken_seals_are_told(*, by: AbstractBaseUser | UUID | None = None) -> Iterator[None]:
    """Around a command or a task, outside any transaction: tell the broken seal, then let it stop the work."""
    try:
        yield
    except VaultError as error:
        tell(error, by=by)
        raise
