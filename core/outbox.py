"""Transactional outbox: enqueue in the act's transaction, run at least once, take effect exactly once.

Handlers live in each app's `tasks.py` and receive the payloads of a batch. A batch is locked, handled and
stamped in one transaction: a crash anywhere leaves the messages open, to be taken again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from core.gathering import insert
from core.models import OutboxMessage

Payload = dict[str, Any]
Handler = Callable[[list[Payload]], None]
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Registered:
    """A handler and how many messages it takes in one transaction."""

    run: Handler
    batch: int


HANDLERS: dict[str, Registered] = {}
WITNESSES: list[Callable[[Exception], None]] = []


def handler(task: str, *, batch: int = 1) -> Callable[[Handler], Handler]:
    """Register the function that does `task`, `batch` messages at a time."""

    def decorate(function: Handler) -> Handler:
        HANDLERS[task] = Registered(function, batch)
        return function

    return decorate


def witness(function: Callable[[Exception], None]) -> Callable[[Exception], None]:
    """Register a function told of every error of a handler, after its transaction was rolled back."""
    WITNESSES.append(function)
    return function


def enqueue(task: str, *, after: timedelta = timedelta(0), **payload: str | int | None) -> None:
    """Write one message in the caller's transaction, to be done once `after` has passed.

    Raises `TransactionManagementError` outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("enqueue() belongs to the transaction of an act")
    now = timezone.now()
    message = OutboxMessage(task=task, payload=payload, created_at=now, due_at=now + after)
    insert(message, once=(task, *sorted(payload.items())))


@contextmanager
def claimed(task: str, *, limit: int, wait: bool = False) -> Iterator[list[OutboxMessage]]:
    """Lock up to `limit` open messages of `task`, and stamp them done when the block ends well.

    With `wait`, messages that another process is handling are waited for instead of skipped. What failed once is
    taken alone, after the others: a message that cannot be handled holds up nobody.
    """
    with transaction.atomic():
        open_messages = OutboxMessage.objects.filter(task=task, done_at=None, due_at__lte=timezone.now())
        rows = list(open_messages.select_for_update(skip_locked=not wait).order_by("attempts", "due_at", "pk")[:limit])
        rows = [row for row in rows if not row.attempts] or rows[:1]
        yield rows
        if rows:
            OutboxMessage.objects.filter(pk__in=[row.pk for row in rows]).update(done_at=timezone.now(), last_error="")


def drain(task: str, *, wait: bool = False) -> int:
    """Handle one batch of `task` and return its size; an error of the handler is raised, the batch stays open."""
    autodiscover_modules("tasks")
    registered = HANDLERS[task]
    with claimed(task, limit=registered.batch, wait=wait) as rows:
        if rows:
            registered.run([row.payload for row in rows])
    return len(rows)


def run_once() -> int:
    """Handle one batch of every task that has open messages; return how many messages were done.

    An error of a handler is kept for later; one met before (the database is away) is raised.
    """
    autodiscover_modules("tasks")
    done = 0
    for task, registered in HANDLERS.items():
        rows: list[OutboxMessage] = []
        try:
            with claimed(task, limit=registered.batch) as rows:
                if rows:
                    registered.run([row.payload for row in rows])
            done += len(rows)
        except Exception as error:  # any handler may fail: its messages wait longer, the others go on
            if not rows:
                raise
            _postpone(rows, type(error).__name__)
            for tell in WITNESSES:
                tell(error)
    return done


def _postpone(rows: list[OutboxMessage], error: str) -> None:
    """Try later, twice as late each time; keep the kind of the error, never its text (it may name a person)."""
    now = timezone.now()
    for row in rows:
        attempts = min(row.attempts + 1, 1000)
        wait = min(timedelta(seconds=2 ** min(attempts, 12)), LONGEST_WAIT)
        OutboxMessage.objects.filter(pk=row.pk, done_at=None).update(
            attempts=attempts, last_error=error, due_at=now + wait
        )
