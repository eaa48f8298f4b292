"""The web keeps its connections from one request to the next; none carries a person, a transaction or a fault over."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.http import HttpResponse

from config.bodies import SealingHandler
from config.database import POOL
from config.environment import BASE_DIR
from core.db import acting_as
from core.db.base import DatabaseWrapper

pytestmark = pytest.mark.django_db
ASK = "SELECT pg_backend_pid(), current_setting('role'), coalesce(current_setting('seuil.actor', true), '')"
OUTSIDE = ("seuil_owner", "")
Answer = TypeVar("Answer")


@contextmanager
def pool_of(size: int, *, timeout: float) -> Iterator[dict[str, Any]]:
    """The test database through a pool of so many connections, as its settings tell it."""
    told = {**connection.settings_dict, "CONN_HEALTH_CHECKS": False}
    told["OPTIONS"] = {**told["OPTIONS"], "pool": {**POOL, "min_size": size, "max_size": size, "timeout": timeout}}
    try:
        yield told
    finally:
        DatabaseWrapper(told, DEFAULT_DB_ALIAS).close_pool()  # type: ignore[attr-defined]


@pytest.fixture
def pool_of_one() -> Iterator[dict[str, Any]]:
    """Two requests have to share it."""
    with pool_of(1, timeout=1.0) as told:
        yield told


def in_a_request(told: dict[str, Any], act: Callable[[], Answer]) -> Answer:
    """What `act` returns, in a thread of its own, whose connection is new to Django and given back at the end."""

    def work() -> Answer:
        connections[DEFAULT_DB_ALIAS] = DatabaseWrapper(told, DEFAULT_DB_ALIAS)
        try:
            return act()
        finally:
            connections[DEFAULT_DB_ALIAS].close()

    with ThreadPoolExecutor(1) as executor:
        return executor.submit(work).result(timeout=30)


def asked() -> tuple[int, tuple[str, str]]:
    """The backend that answers, with the role and the actor that it knows."""
    with connection.cursor() as cursor:
        cursor.execute(ASK)
        pid, role, actor = cursor.fetchone()
    return pid, (role, actor)


def test_the_next_request_has_the_same_connection_and_nobody_in_it(pool_of_one: dict[str, Any]) -> None:
    person = uuid4()

    def act() -> tuple[int, tuple[str, str]]:
        with acting_as(person):
            return asked()

    pid, carried = in_a_request(pool_of_one, act)
    assert carried == ("seuil_web", str(person))
    assert in_a_request(pool_of_one, asked) == (pid, OUTSIDE)


def test_what_a_request_left_open_is_undone(pool_of_one: dict[str, Any]) -> None:
    """A page that breaks in the middle of its transaction gives its connection back as it took it."""

    def act() -> tuple[int, tuple[str, str]]:
        connection.set_autocommit(False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('role', 'seuil_web', true), set_config('seuil.actor', 'x', true)")
        return asked()

    pid, carried = in_a_request(pool_of_one, act)
    assert carried == ("seuil_web", "x")
    assert in_a_request(pool_of_one, asked) == (pid, OUTSIDE)


def test_when_the_server_comes_back_the_next_page_is_served_at_once() -> None:
    """All those that waited are dead; the pool alone would try them one by one, with seconds between."""
    with pool_of(6, timeout=POOL["timeout"]) as told:
        in_a_request(told, asked)
        pool = DatabaseWrapper(told, DEFAULT_DB_ALIAS).pool  # type: ignore[attr-defined]
        pool.wait()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE none")  # the superuser of the tests' server
            cursor.execute(
                "SELECT pid, pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            ended = {pid for pid, is_ended in cursor.fetchall() if is_ended}
        assert len(ended) >= 6
        begun = monotonic()
        pid, carried = in_a_request(told, asked)
        assert monotonic() - begun < 2.5  # seconds: tried one by one, six are not replaced before a page gives up
        assert (pid not in ended, carried) == (True, OUTSIDE)


def test_an_answer_that_breaks_while_it_leaves_has_given_its_connection_back(pool_of_one: dict[str, Any]) -> None:
    """Django then ends no request: what it kept would be lost for good."""

    def page() -> None:
        connections[DEFAULT_DB_ALIAS] = DatabaseWrapper(pool_of_one, DEFAULT_DB_ALIAS)
        asked()

    async def send(_: Mapping[str, Any]) -> None:
        raise BrokenPipeError

    async def serve() -> None:
        async with ThreadSensitiveContext():
            await sync_to_async(page)()
            await SealingHandler().send_response(HttpResponse("Bonjour"), send)

    with pytest.raises(BrokenPipeError):
        asyncio.run(serve())
    assert in_a_request(pool_of_one, asked)[1] == OUTSIDE


def test_who_finds_none_free_is_told_so(pool_of_one: dict[str, Any]) -> None:
    """An error of the database, as any other: the page of a fault, not a page that never comes."""

    def act() -> None:
        asked()
        with pytest.raises(OperationalError):
            in_a_request(pool_of_one, asked)

    in_a_request(pool_of_one, act)
    assert in_a_request(pool_of_one, asked)[1] == OUTSIDE


@pytest.mark.parametrize(("process", "kept"), [("config.asgi", True), ("config.celery", False)])
def test_the_web_alone_keeps_them(process: str, kept: bool) -> None:
    ask = f"import {process}, django; django.setup(); from django.conf import settings as s; "
    ask += "print([d['OPTIONS'].get('pool') for d in s.DATABASES.values()])"
    environment = {**os.environ, "SEUIL_ENV": "test", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == str([POOL if kept else None] * 2)
