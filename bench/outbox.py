"""10 000 messages of the outbox, whose worker is killed (kill -9) every two seconds: none lost, none done twice.

Run by `make bench`, or `python -m bench.outbox [--messages N]`. One worker lives at a time: two seconds after it has
begun to work it is killed with all that it forked, and another started (on a slow machine two seconds from its start
would kill it before it has begun). Then the last one finishes in peace, and effects are counted. An effect is a row of
a table without any uniqueness: what is done twice is counted twice. What is still open is not lost. Goals: none lost,
none twice, none left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

from bench.instance import ROOT, environment, prepare, report, start_django

MESSAGES, EVERY = 10_000, 2.0
LONGEST, PEACE = 400.0, 120.0  # seconds of kills at most; seconds that the last worker has to finish
TASK = "bench.effect"
TABLE = "bench_effect"


def work(command: str) -> None:
    """`manage.py worker` or `beat`, with one more task: a row of the table for each message."""
    start_django()
    from django.core.management import execute_from_command_line
    from django.db import connection

    from core import outbox

    @outbox.handler(TASK)
    def effect(payloads: list[outbox.Payload]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {TABLE} VALUES (%s)", [(payload["n"],) for payload in payloads])  # noqa: S608

    execute_from_command_line(["manage.py", command])


def start(command: str) -> subprocess.Popen[bytes]:
    """This module as a worker or as beat, in a session of its own."""
    module = [sys.executable, "-m", "bench.outbox", "--as", command]
    return subprocess.Popen(module, cwd=ROOT, env=environment("worker"), start_new_session=True)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The process and all that it forked, without a word."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def fill(messages: int) -> None:
    """The table of the effects, and the messages, in one transaction."""
    from django.db import transaction
    from django.utils import timezone

    from core.models import OutboxMessage

    now = timezone.now()
    with transaction.atomic():
        OutboxMessage.objects.bulk_create(
            OutboxMessage(id=uuid4(), task=TASK, payload={"n": n}, created_at=now, due_at=now) for n in range(messages)
        )


def drain(messages: int) -> dict[str, Any]:
    """Kill the worker again and again while something is left, then let the last one finish; what it took."""
    from core.models import OutboxMessage

    left = OutboxMessage.objects.filter(task=TASK, done_at=None)
    beat, worker = start("beat"), start("worker")
    begun = time.monotonic()
    kills, before, at_work_since = 0, messages, 0.0
    try:
        while (now_left := left.count()) and time.monotonic() - begun < LONGEST:
            if not at_work_since and now_left < before:
                at_work_since = time.monotonic()
            if at_work_since and time.monotonic() - at_work_since >= EVERY:
                kill(worker)
                before, worker = left.count(), start("worker")
                kills, at_work_since = kills + 1, 0.0
            time.sleep(0.05)
        seconds, peace = time.monotonic() - begun, time.monotonic() + PEACE
        while left.exists() and time.monotonic() < peace:
            time.sleep(0.1)
    finally:
        for process in (beat, worker):
            kill(process)
    return {"seconds": seconds, "kills": kills, "left": left.count()}


def main() -> int:
    """Measure, count the effects, and say which goals are met."""
    if len(sys.argv) > 2 and sys.argv[1] == "--as":
        work(sys.argv[2])
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # through the end of `drain`, which leaves nobody behind
    messages = int(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[1] == "--messages" else MESSAGES
    prepare()
    os.environ.update(environment("owner"))
    start_django()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(f"CREATE TABLE {TABLE} (n integer NOT NULL)")
        cursor.execute(f"GRANT SELECT, INSERT ON {TABLE} TO seuil_worker")
    try:
        fill(messages)
        took = drain(messages)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*), count(DISTINCT n) FROM {TABLE}")  # noqa: S608
            every, distinct = cursor.fetchone()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {TABLE}")
    lost, twice = messages - distinct - took["left"], every - distinct
    return report(
        [
            ("messages of the outbox", str(messages), "", None),
            ("seconds, killed after 2 s of work", f"{took['seconds']:.1f} s", "", None),
            ("messages a second meanwhile", f"{messages / took['seconds']:.0f}", "", None),
            ("kill -9, each in the middle of its work", str(took["kills"]), "≥ 1", took["kills"] >= 1),
            ("lost", str(lost), "0", lost == 0),
            ("done twice", str(twice), "0", twice == 0),
            ("left open", str(took["left"]), "0", took["left"] == 0),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
