"""Bodies of requests and of answers, as the ASGI server gives and takes them.

The server gathers a request before Django reads it, and a long one would be on the disk in clear. An answer leaves at
the pace of who reads it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import IO, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http.response import HttpResponseBase

from vault.uploads import SealedSpool

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class SealingHandler(ASGIHandler):
    """Django's handler, whose long bodies are sealed on the disk, and whose answers leave without a connection."""

    async def read_body(self, receive: Receive) -> IO[bytes]:
        """The whole body, from its beginning. Raises `RequestAborted` when the browser goes away."""
        spool = SealedSpool(settings.FILE_UPLOAD_MAX_MEMORY_SIZE)
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                spool.close()
                raise RequestAborted
            spool.write(message.get("body", b""))
            more = message.get("more_body", False)
        return spool.finish()

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        """Give the connections back, then send: what is sent asks no database (`core.streaming`).

        A slow reader would keep them from other pages; a fault while sending, from all (Django then ends no request).
        """
        await sync_to_async(close_old_connections)()
        await super().send_response(response, send)
