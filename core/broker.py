"""The broker between those who act and those who work: it carries names of tasks, and may lose them.

What must be done stands in the outbox; a message only says « look now ». Hence early acknowledgement, no results, no
retries: what the broker loses, or could not take, is found by the sweeper.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

import structlog
from celery import Celery
from django.conf import settings
from django.utils.module_loading import import_string
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

RELAY = "outbox.relay"
LEFT_ALONE = 10.0  # seconds during which a broker that did not answer is not tried again
LONGEST_SLEEP = 0.2
HURRIED = {"socket_timeout": 1.0, "read_timeout": 1.0, "write_timeout": 1.0}  # an act does not wait for a deaf broker
log = structlog.get_logger("seuil")
_left_alone_until = 0.0


def app() -> Celery:
    """The Celery application, which the settings name: it is configured above."""
    return import_string(settings.CELERY_APP)


def wake(task: str) -> None:
    """Tell a worker that `task` has messages. Never fails: a broker that is away costs a line in the log."""
    global _left_alone_until
    if time.monotonic() < _left_alone_until:
        return
    try:
        celery = app()
        # a connection of its own: one kept from before the broker restarted would lose the message
        with celery.connection_for_write(transport_options=HURRIED) as connection:
            celery.send_task(RELAY, args=[task], ignore_result=True, retry=False, connection=connection)
    except Exception as error:  # each transport has its own errors; the sweeper does what is not said here
        _left_alone_until = time.monotonic() + LEFT_ALONE
        log.warning("outbox.broker_away", error=type(error).__name__)


class Channel(filesystem.Channel):  # type: ignore[misc]
    """Messages as files, each appearing whole and taken by one reader.

    kombu's writes under the final name, so that a reader may find half a message, which ends the worker; and passes
    what it reads through the common temporary folder.
    """

    def _put(self, queue: str, payload: Any, **_: Any) -> None:
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns()}_{uuid4().hex}.{queue}.msg"
        draft = folder / f"{name}.draft"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(dumps(payload))
        draft.rename(folder / name)

    def _get(self, queue: str) -> Any:
        folder = Path(self.data_folder_in)
        for path in sorted(path for path in folder.iterdir() if path.name.partition(".")[2] == f"{queue}.msg"):
            with contextlib.suppress(FileNotFoundError), path.open(encoding="utf-8") as file:
                path.unlink()  # who removes it has it
                return loads(file.read())
        raise Empty


class Transport(filesystem.Transport):  # type: ignore[misc]
    """`filesystem://` with this channel."""

    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """Wait for a message, but not for so long that a worker is slow to hear that it must stop."""
        super().drain_events(connection, timeout=min(timeout or LONGEST_SLEEP, LONGEST_SLEEP))
