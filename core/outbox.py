"""Transactional outbox: enqueue in the act's transaction, run at least once, take effect exactly once.

Handlers live in each app's `tasks.py` and receive the payloads of a batch. A batch is locked, handled and
stamped in one transaction: a crash anywhere leaves the messages open, to be taken again. A commit wakes a worker;
the sweeper wakes one again for whatever is due and not done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import structlog
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules
from prometheus_client import Counter, Histogram
from structlog.contextvars import bound_contextvars, get_contextvars

from core.gathering import insert
from core.models import OutboxMessage

Payload = dict[str, Any]
Handler = Callable[[list[Payload]], None]
LONGEST_WAIT = timedelta(hours=1)
KEPT = timedelta(days=30)
REQUEST = "request_id"
BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)  # seconds: from a fact to a long register
RELAYED = Counter("seuil_outbox_messages", "Messages that were handled.", ["task", "result"])
SECONDS = Histogram("seuil_outbox_batch_seconds", "Time that a batch took, commit included.", ["task"], buckets=BUCKETS)
log = structlog.get_logger("seuil")


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
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("enqueue() belongs to the transaction of an act")
    now = timezone.now()
    message = OutboxMessage(
        task=task, payload=payload, created_at=now, due_at=now + after, request_id=_present_request()
    )
    insert(message, once=(task, *sorted(payload.items())))
    if not after:
        _wake_after_commit(connection, task)


@dataclass(frozen=True, slots=True)
class _Wake:
    """What a commit calls, once for each task."""

    task: str

    def __call__(self) -> None:
        from core import broker  # Celery is loaded by those who commit work, when they do

        broker.wake(self.task)


def _wake_after_commit(connection: BaseDatabaseWrapper, task: str) -> None:
    """Tied to no savepoint, unlike `on_commit()`: an import has thousands, and one wake is enough.

    When the savepoint that wrote the message is rolled back, a worker looks and finds nothing.
    """
    hooks: list[Any] = connection.run_on_commit  # savepoints, what to call, « an error of it is only logged »
    hook = (set[str](), _Wake(task), True)
    if hook not in hooks:
        hooks.append(hook)


def _present_request() -> str:
    return str(get_contextvars().get(REQUEST, ""))[:64]


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
    registered = handlers()[task]
    with claimed(task, limit=registered.batch, wait=wait) as rows:
        _handle(registered, rows)
    return len(rows)


def relay(task: str) -> int | None:
    """Handle one batch of `task`; how many messages were done, None when none was there to take.

    An error of the handler is kept for later: its messages wait longer. One met before (the database is away) is
    raised.
    """
    registered = handlers()[task]
    rows: list[OutboxMessage] = []
    start = time.perf_counter()
    try:
        with claimed(task, limit=registered.batch) as rows:
            _handle(registered, rows)
    except Exception as error:  # any handler may fail
        if not rows:
            raise
        _count(task, "postponed", len(rows), start)
        _postpone(rows, type(error).__name__)
        log.warning("outbox.postponed", task=task, messages=len(rows), error=type(error).__name__)
        for tell in WITNESSES:
            tell(error)
        return 0
    if rows:
        _count(task, "done", len(rows), start)
    return len(rows) or None


def run_once() -> int:
    """Handle one batch of every task that has open messages; return how many messages were done."""
    return sum(relay(task) or 0 for task in handlers())


def run_all() -> int:
    """Handle everything that is due, here and now, without a worker; return how many messages were done."""
    total = 0
    while done := run_once():
        total += done
    return total


def open_tasks() -> list[str]:
    """Tasks that have messages to do now, whether somebody is at work on them or not."""
    due = OutboxMessage.objects.filter(done_at=None, due_at__lte=timezone.now())
    return sorted(set(due.values_list("task", flat=True).distinct()) & handlers().keys())


def forget() -> int:
    """Delete the messages done more than thirty days ago; return how many."""
    return OutboxMessage.objects.filter(done_at__lt=timezone.now() - KEPT).delete()[0]


def handlers() -> dict[str, Registered]:
    """What every app registered."""
    _discover()
    return HANDLERS


@cache
def _discover() -> None:
    autodiscover_modules("tasks")


def _handle(registered: Registered, rows: list[OutboxMessage]) -> None:
    """Run the handler, under the request that asked for the work when the whole batch comes from one."""
    if not rows:
        return
    requests = {row.request_id for row in rows}
    with bound_contextvars(**({REQUEST: requests.pop()} if len(requests) == 1 and "" not in requests else {})):
        registered.run([row.payload for row in rows])


def _count(task: str, result: str, messages: int, start: float) -> None:
    RELAYED.labels(task, result).inc(messages)
    SECONDS.labels(task).observe(time.perf_counter() - start)


def _postpone(rows: list[OutboxMessage], error: str) -> None:
    """Try later, twice as late each time; keep the kind of the error, never its text (it may name a person)."""
    now = timezone.now()
    for row in rows:
        attempts = min(row.attempts + 1, 1000)
        wait = min(timedelta(seconds=2 ** min(attempts, 12)), LONGEST_WAIT)
        OutboxMessage.objects.filter(pk=row.pk, done_at=None).update(
            attempts=attempts, last_error=error, due_at=now + wait
        )
