"""What runs alone, in every instance: doing what the outbox asks, finding what was lost, running jobs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog
from celery import shared_task
from django.db import InterfaceError, OperationalError
from prometheus_client import Counter, Histogram

from core import broker, jobs, outbox

SLICE = 1.0  # seconds of work between two messages: other tasks have their turn
RAN = Counter("seuil_tasks", "Tasks that ended.", ["task", "result"])
SECONDS = Histogram("seuil_task_seconds", "Time that a task took.", ["task"], buckets=outbox.BUCKETS)
log = structlog.get_logger("seuil")


@contextmanager
def counted(task: str) -> Iterator[None]:
    """One run of this task, counted with how it ended. A database that is away is only told: the sweeper asks again."""
    result = "failed"
    try:
        with SECONDS.labels(task).time():
            yield
        result = "done"
    except (OperationalError, InterfaceError) as error:
        result = "database_away"
        log.warning("outbox.database_away", error=type(error).__name__)
    finally:
        RAN.labels(task, result).inc()


@shared_task(name=broker.RELAY)  # type: ignore[untyped-decorator]
@counted(broker.RELAY)
def relay(task: str) -> None:
    """Do the messages of `task`, and ask for more of the same when some are left."""
    if task not in outbox.handlers():
        return
    until = time.monotonic() + SLICE
    while outbox.relay(task) is not None:
        if time.monotonic() > until:
            broker.wake(task)
            return


@shared_task(name="outbox.sweep")  # type: ignore[untyped-decorator]
@counted("outbox.sweep")
def sweep() -> None:
    """Wake a worker for every task with work due: its message was lost, or its hour has come."""
    for task in outbox.open_tasks():
        broker.wake(task)


@shared_task(name="outbox.forget")  # type: ignore[untyped-decorator]
@counted("outbox.forget")
def forget() -> None:
    """Delete what was done long ago."""
    outbox.forget()
    jobs.forget()


@outbox.handler(jobs.TASK)
def run_jobs(payloads: list[outbox.Payload]) -> None:
    """A job that was stopped half way by a crash begins again; one that has ended does nothing."""
    for payload in payloads:
        jobs.run(UUID(payload["job"]), {name: value for name, value in payload.items() if name != "job"})
