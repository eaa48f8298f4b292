"""What a page opened: noted while it is rendered, written before it is sent.

The page is rendered in a read-only transaction, so its readings are collected here and written by the
middleware in a short transaction of their own. If they cannot be written, the page is not sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from audit import journal


@dataclass(frozen=True, slots=True)
class Opened:
    """One thing that the page showed."""

    event: str
    target: UUID
    dossier: UUID | None
    codes: tuple[tuple[str, journal.Code], ...] = ()


_opened: ContextVar[list[Opened] | None] = ContextVar("opened", default=None)


@contextmanager
def collecting() -> Iterator[list[Opened]]:
    """Collect what the code inside opens."""
    seen: list[Opened] = []
    token = _opened.set(seen)
    try:
        yield seen
    finally:
        _opened.reset(token)


def opened(event: str, *, target: UUID, dossier: UUID | None = None, **codes: journal.Code) -> None:
    """Note that the page being made shows `target`; `codes` as in the journal. Raises `RuntimeError` where nobody
    collects."""
    seen = _opened.get()
    if seen is None:
        raise RuntimeError("a reading was noted outside a request: nobody would write it")
    note = Opened(event, target, dossier, tuple(codes.items()))
    if note not in seen:
        seen.append(note)


def write(seen: list[Opened], *, by: AbstractBaseUser | AnonymousUser) -> None:
    """Write the readings of one page, in a transaction of their own."""
    if not seen:
        return
    reader = by if isinstance(by, AbstractBaseUser) else None
    with transaction.atomic():
        for note in seen:
            journal.record_reading(note.event, target=note.target, dossier=note.dossier, by=reader, **dict(note.codes))
