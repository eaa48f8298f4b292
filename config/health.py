"""`/healthz`: whether this instance can work, in words that teach nothing to a stranger.

Checked side by side, each on a connection of its own that is given up after `PATIENCE`: a database or a broker that
hangs makes an answer, never a wait. Readings are not written: nobody acts, no row of a person is read.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from core.http import for_machines

PATIENCE = 0.8  # seconds
LATE = 300  # seconds that due work may wait before something is wrong
FILES = "filesystem://"
log = structlog.get_logger("seuil.health")


@dataclass(frozen=True, slots=True)
class Outbox:
    """Open messages, those that failed already and how often, and how late the oldest due one is, in seconds.

    A failed message is due again later: it is not late meanwhile.
    """

    open: int
    failing: int
    attempts: int
    late: float


@for_machines
@never_cache
@require_safe
async def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, else 503; names of checks, `ok` or `failed`, and an age in seconds."""
    await asyncio.to_thread(on_disk)  # once a process, before anything is timed
    outbox: list[Outbox] = []
    checks: dict[str, Callable[[], Awaitable[None]]] = {
        "database": lambda: answers("default"),
        "keystore": lambda: answers("keystore"),
        "migrations": migrated,
        "outbox": lambda: _on_time(outbox),
    }
    if _broker():
        checks["broker"] = broker_answers
    results = await asyncio.gather(*(_passes(name, check()) for name, check in checks.items()))
    told = {name: "ok" if passed else "failed" for name, passed in zip(checks, results, strict=True)}
    late = round(outbox[0].late) if outbox else None
    body = {"status": "ok" if all(results) else "failed", "checks": told, "outbox_oldest_seconds": late}
    return JsonResponse(body, status=200 if all(results) else 503)


async def answers(alias: str) -> None:
    """The database of this alias takes a connection and a question."""
    await ask(alias, "SELECT 1")


async def migrated() -> None:
    """Every migration of this code was applied to both databases; raises `LookupError` when one was not."""
    for alias in connections:
        done = {(app, name) for app, name in await ask(alias, "SELECT app, name FROM django_migrations")}
        if on_disk() - done:
            raise LookupError("a migration waits")


async def outbox_now() -> Outbox:
    """How the outbox is doing, by the function that the web role may call (`config.db_rights`)."""
    ((count, failing, attempts, late),) = await ask(
        "default", "SELECT open, failing, attempts, late FROM seuil_outbox()"
    )
    return Outbox(count, failing, int(attempts), late)


async def broker_answers() -> None:
    """The broker takes a connection; files: their folders can be written, or made where none was needed yet."""
    url = _broker()
    if not url.startswith(FILES):
        await asyncio.to_thread(_connect, url)
        return
    folder = Path(settings.BROKER_DIR)
    for each in (folder / "queue", folder / "control"):
        found = next(path for path in (each, *each.parents) if path.exists())
        if not found.is_dir() or not os.access(found, os.R_OK | os.W_OK | os.X_OK):
            raise NotADirectoryError


async def ask(alias: str, question: str) -> list[tuple[Any, ...]]:
    """Rows of a question asked on a short connection of its own, under the login and role of this process."""
    told = connections[alias].settings_dict
    options = {key: value for key, value in told["OPTIONS"].items() if key != "pool"}
    login = {"host": told["HOST"], "port": told["PORT"], "user": told["USER"], "password": told["PASSWORD"]}
    named = {key: value for key, value in login.items() if value}
    address = make_conninfo(**{**options, **named, "dbname": told["NAME"]})
    async with await AsyncConnection.connect(address, autocommit=True) as connection:
        return await (await connection.execute(question)).fetchall()


def _broker() -> str:
    """Address of the broker; empty where tasks go without one."""
    return str(settings.CELERY_BROKER_URL)


@cache
def on_disk() -> frozenset[tuple[str, str]]:
    """Application and name of each migration that this code brings."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


async def _on_time(found: list[Outbox]) -> None:
    found.append(await outbox_now())
    if found[0].late > LATE:
        raise TimeoutError("work waits")


def _connect(url: str) -> None:
    from kombu.connection import Connection  # heavy, and only instances with a broker need it

    patient = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    with Connection(url, connect_timeout=PATIENCE, transport_options=patient) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=PATIENCE)


async def _passes(name: str, check: Awaitable[None]) -> bool:
    """Whether the check ends well in time; the log keeps the kind of the error, whose text may hold an address."""
    try:
        await asyncio.wait_for(check, PATIENCE)
    except Exception as error:
        log.warning("health.failed", check=name, error=type(error).__qualname__)
        return False
    return True
