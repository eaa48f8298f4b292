"""Bodies of requests: the server gathers each before Django reads it, and a long one would be on the disk in clear."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler

from vault.uploads import SealedSpool

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class SealingHandler(ASGIHandler):
    """Django's handler, whose long bodies are sealed on the disk."""

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
