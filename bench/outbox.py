"""10 000 messages of the outbox, whose worker is killed (kill -9) every two seconds: none lost, none done twice.

Run by `make bench`, or `python -m bench.outbox [--messages N]`. Several workers live at a time, as a service manager
keeps them, so that each has the time to begin; every two seconds the oldest is killed with all that it forked, and
another started. An effect is a row of a table without any uniqueness: what is done twice is counted twice. Goals: none
lost, none twice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Any
from uuid import uuid4

from bench.instance import ROOT, environment, prepare, report, start_django

MESSAGES, EVERY, LONGEST, TOGETHER = 10_000, 2.0, 400.0, 4
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
    """Kill and start workers until nothing is left; what it took."""
    from core.models import OutboxMessage

    left = OutboxMessage.objects.filter(task=TASK, done_at=None)
    beat, workers = start("beat"), deque(start("worker") for _ in range(TOGETHER))
    begun = time.monotonic()
    kills, busy, before, next_kill = 0, 0, messages, begun + EVERY
    try:
        while (now_left := left.count()) and time.monotonic() - begun < LONGEST:
            if time.monotonic() >= next_kill:
                kill(workers.popleft())
                workers.append(start("worker"))
                busy += now_left < before
                kills, before, next_kill = kills + 1, now_left, next_kill + EVERY
            time.sleep(0.05)
        seconds = time.monotonic() - begun
    finally:
        for process in (beat, *workers):
            kill(process)
    return {"seconds": seconds, "kills": kills, "busy": busy, "left": left.count()}


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
    lost, twice = messages - distinct, every - distinct
    return report(
        [
            ("messages of the outbox", str(messages), "", None),
            ("seconds, killed every 2 s", f"{took['seconds']:.1f} s", "", None),
            ("messages a second meanwhile", f"{messages / took['seconds']:.0f}", "", None),
            ("kill -9", str(took["kills"]), "", None),
            ("of which after some work", str(took["busy"]), "≥ 1", took["busy"] >= 1),
            ("lost", str(lost), "0", lost == 0),
            ("done twice", str(twice), "0", twice == 0),
            ("left open", str(took["left"]), "0", took["left"] == 0),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
