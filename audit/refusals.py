"""What was asked and refused: noted where it is refused, written once what it asked for has been rolled back.

The journal keeps who asked, the kind of refusal and its reason as a code; never what was typed. What a visitor has
refused is written too, so many times a minute and no more: nobody fills the journal from outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from audit import journal

NOBODY = UUID(int=0)
MOST_OF_VISITORS = 30  # a minute
KEPT = 120  # seconds, for the count of a minute


@dataclass(frozen=True, slots=True)
class Refused:
    """One refusal. `target` is who asked when nothing else is named."""

    event: str
    why: str
    target: UUID | None
    dossier: UUID | None


_met: ContextVar[list[Refused] | None] = ContextVar("refused", default=None)


@contextmanager
def collecting() -> Iterator[list[Refused]]:
    """Collect what the code inside refuses."""
    met: list[Refused] = []
    token = _met.set(met)
    try:
        yield met
    finally:
        _met.reset(token)


def refused(event: str, *, why: str, target: UUID | None = None, dossier: UUID | None = None) -> None:
    """Note a refusal, `event` being « something.refused » and `why` a code. Whoever acts by a command or a task reads
    it itself: outside a request, nothing is noted."""
    met = _met.get()
    note = Refused(event, why, target, dossier)
    if met is not None and note not in met:
        met.append(note)


def write(met: list[Refused], *, by: AbstractBaseUser | AnonymousUser) -> None:
    """Write the refusals of one request, in a transaction of their own."""
    if not met:
        return
    asker = by if isinstance(by, AbstractBaseUser) else None
    with transaction.atomic():
        if asker is None and _too_many():
            return
        for note in met:
            target = note.target or (asker.pk if asker else NOBODY)
            journal.record(note.event, target=target, dossier=note.dossier, by=asker, why=note.why)


def _too_many() -> bool:
    """Counted apart, minute by minute: who has not signed in reads no journal."""
    key = f"refusals-of-visitors:{timezone.now():%Y%m%d%H%M}"
    cache.add(key, 0, KEPT)
    return cache.incr(key) > MOST_OF_VISITORS
