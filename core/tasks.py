"""What runs alone, in every instance: doing what the outbox asks, finding what was lost, running jobs."""

from __future__ import annotations

import time
from uuid import UUID

import structlog
from celery import shared_task
from django.db import InterfaceError, OperationalError

from core import broker, jobs, outbox

SLICE = 1.0  # seconds of work between two messages: other tasks have their turn
log = structlog.get_logger("seuil")


@shared_task(name=broker.RELAY)  # type: ignore[untyped-decorator]
def relay(task: str) -> None:
    """Do the messages of `task`, and ask for more of the same when some are left."""
    if task not in outbox.handlers():
        return
    until = time.monotonic() + SLICE
    try:
        while outbox.relay(task) is not None:
            if time.monotonic() > until:
                broker.wake(task)
                return
    except (OperationalError, InterfaceError) as error:  # the sweeper asks again once the database is back
        log.warning("outbox.database_away", error=type(error).__name__)


@shared_task(name="outbox.sweep")  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Wake a worker for every task with work due: its message was lost, or its hour has come."""
    try:
        for task in outbox.open_tasks():
            broker.wake(task)
    except (OperationalError, InterfaceError) as error:
        log.warning("outbox.database_away", error=type(error).__name__)


@shared_task(name="outbox.forget")  # type: ignore[untyped-decorator]
def forget() -> None:
    """Delete what was done long ago."""
    outbox.forget()
    jobs.forget()


@outbox.handler(jobs.TASK)
def run_jobs(payloads: list[outbox.Payload]) -> None:
    """A job that was stopped half way by a crash begins again; one that has ended does nothing."""
    for payload in payloads:
        jobs.run(UUID(payload["job"]), {name: value for name, value in payload.items() if name != "job"})
