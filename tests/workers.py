"""Real workers for the tests, over each broker that answers: the test's databases, a queue of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connections, transaction
from kombu import Connection
from prometheus_client.parser import text_string_to_metric_families
from psycopg.conninfo import make_conninfo

from accounts.models import User
from audit.models import Entry
from core import jobs, outbox
from core.models import Job, OutboxMessage
from tests.effects import COUNTING, DONE

BROKERS = {
    "embedded": "filesystem://localhost",
    "redis": os.environ.get("SEUIL_CI_REDIS_URL") or "redis://127.0.0.1:6379/15",
    "rabbitmq": os.environ.get("SEUIL_CI_AMQP_URL") or "amqp://guest:guest@127.0.0.1:5672//",
}


def address_of(broker: str) -> str:
    """The address of a broker that answers; skips the test otherwise."""
    url = BROKERS[broker]
    if broker != "embedded":
        try:
            with Connection(url, connect_timeout=2) as connection:
                connection.ensure_connection(max_retries=0, timeout=2)
        except Exception as error:
            pytest.skip(f"{broker} does not answer: {type(error).__name__}")
    return url


class Crew:
    """A worker, and beat when asked, over one broker."""

    def __init__(self, broker: str, folder: Path) -> None:
        self.url = address_of(broker)
        self.queue = f"test-{uuid4().hex[:12]}"
        self.log = folder / "crew.log"
        self.counts = folder / "counts"
        self.counts.mkdir()
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """`worker` or `beat`, in a session of its own."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.effects", command],
                env={**os.environ, **self._environment()},
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _environment(self) -> dict[str, str]:
        there = {"DATABASE_URL": "default", "KEYSTORE_URL": "keystore"}
        addresses = {variable: login(alias) for variable, alias in there.items()}
        shared = {"CELERY_BROKER_URL": self.url, "PROMETHEUS_MULTIPROC_DIR": str(self.counts)}
        return {**addresses, **shared, "SEUIL_QUEUE": self.queue}

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9, the worker and those it forked."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def end(self) -> None:
        """Stop everything in good order; what resists is killed. The queue is removed."""
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            self.kill(process)
        if not self.url.startswith("filesystem"):
            with Connection(self.url, connect_timeout=2) as connection:
                channel = connection.default_channel
                (channel.queue_purge if self.url.startswith("redis") else channel.queue_delete)(self.queue)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """What this process commits meanwhile wakes this crew."""
        import config.celery

        before = config.celery.app
        config.celery.app = config.celery.make_app(self.url, self.queue)
        try:
            yield
        finally:
            config.celery.app = before


def login(alias: str) -> str:
    """The test database, for another process."""
    here: dict[str, Any] = connections[alias].settings_dict
    found = {key: here[key.upper()] for key in ("host", "port", "user", "password") if here[key.upper()]}
    return make_conninfo(dbname=here["NAME"], **found)


def until(condition: Callable[[], bool], seconds: float = 90) -> float:
    """Wait for the condition; the seconds it took. Fails when it does not come."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "not in time"
        time.sleep(0.02)
    return time.monotonic() - begun


def ask(task: str = DONE, **payload: int) -> UUID:
    """One act that leaves work behind."""
    target = uuid4()
    with transaction.atomic():
        outbox.enqueue(task, target=str(target), **payload)  # type: ignore[arg-type]
    return target


def effects() -> Counter[UUID]:
    return Counter(Entry.objects.filter(event=DONE).values_list("target_id", flat=True))


def figures(text: str) -> dict[str, float]:
    """Each sample of an exposition, by its name and labels."""
    return {
        " ".join([sample.name, *(f"{key}={value}" for key, value in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def nothing_left() -> bool:
    return not OutboxMessage.objects.filter(done_at=None).exists()


def begin(owner: User, crew: Crew, *, total: int = 20, **payload: int) -> Job:
    with crew.heard(), transaction.atomic():
        return jobs.start(COUNTING, by=owner, total=total, url="/import/", action="Revenir", **payload)  # type: ignore[arg-type]


def found(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def rows() -> int:
    return Entry.objects.filter(event=COUNTING).count()
