"""Answers that are given piece after piece, by whichever server asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from core.tables import FORMATS, Blocks


def streamed(request: HttpRequest, blocks: Iterator[bytes], content_type: str) -> StreamingHttpResponse:
    """`blocks` as an answer. They are read after the transaction of the request: they ask no database.

    Django would gather the whole of a plain iterator before it serves it by ASGI: each block is then read in a thread.
    """
    content = _in_threads(blocks) if isinstance(request, ASGIRequest) else blocks
    return StreamingHttpResponse(content, content_type=content_type)


def table_answer(request: HttpRequest, file: BinaryIO, kind: str, name: str) -> StreamingHttpResponse:
    """A file of `core.tables`, to be kept under this name and the day."""
    answer = streamed(request, Blocks(file), FORMATS[kind].media_type)
    day = timezone.localdate().isoformat()
    answer["Content-Disposition"] = f'attachment; filename="{name}-{day}.{kind}"'
    return answer


async def _in_threads(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (block := await asyncio.to_thread(next, blocks, None)) is not None:
        yield block
