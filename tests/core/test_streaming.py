"""Answers given block after block, whichever server asks."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterator

from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory

from core.streaming import streamed


def blocks(made: list[int]) -> Iterator[bytes]:
    """Five blocks, telling when each is made and where."""
    for number in range(5):
        made.append(threading.get_ident())
        yield bytes([number]) * 1000


def test_by_wsgi_as_it_is_read() -> None:
    made: list[int] = []
    answer = streamed(RequestFactory().get("/"), blocks(made), "application/pdf")
    assert (answer.is_async, made, answer.headers["Content-Type"]) == (False, [], "application/pdf")
    assert next(iter(answer)) == bytes(1000)
    assert len(made) == 1


def test_by_asgi_each_block_in_a_thread_and_nothing_gathered_first() -> None:
    made: list[int] = []
    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}

    async def read() -> list[tuple[int, int]]:
        answer = streamed(ASGIRequest(scope, io.BytesIO()), blocks(made), "application/pdf")
        assert answer.is_async
        return [(block[0], len(made)) async for block in answer.streaming_content]  # type: ignore[union-attr]

    assert asyncio.run(read()) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert threading.get_ident() not in made
