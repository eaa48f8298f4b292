"""What is received is sealed as it comes: nothing of it is ever on the disk in clear."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import RequestAborted
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from pytest_django import Settings

from config.bodies import SealingHandler
from config.environment import BASE_DIR
from vault import uploads
from vault.uploads import MOST_KEPT, SealedSpool, SealedUpload, SealedUploadHandler

SECRET = b"Avis d'imposition de Berthe Orsel. "


def received(data: bytes, **fields: str) -> tuple[QueryDict, Any]:
    """A form as a browser sends it, parsed with our handlers: Django's memory for small requests, ours for the rest."""
    file = io.BytesIO(data)
    file.name = "avis.pdf"
    body = encode_multipart(BOUNDARY, {**fields, "file": file})
    meta = {"CONTENT_TYPE": MULTIPART_CONTENT, "CONTENT_LENGTH": len(body)}
    post, files = MultiPartParser(meta, io.BytesIO(body), [MemoryFileUploadHandler(), SealedUploadHandler()]).parse()
    return post, files["file"]


def on_the_disk() -> bytes:
    """What the open files of this process hold, those without a name included."""
    found = b""
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            if "deleted" in str(descriptor.readlink()):
                found += descriptor.read_bytes()
        except OSError:
            continue
    return found


def test_a_long_file_is_sealed_while_it_comes() -> None:
    data = SECRET * 100_000
    post, file = received(data, note="gardée")
    assert isinstance(file, SealedUpload)
    assert (post["note"], file.name, file.size) == ("gardée", "avis.pdf", len(data))
    written = on_the_disk()
    assert len(written) > len(data), "it is there"
    assert SECRET not in written
    assert file.read() == data
    file.seek(len(SECRET) * 7)
    assert file.read(len(SECRET)) == SECRET
    assert b"".join(file.chunks(5000)) == data
    file.close()
    assert SECRET not in on_the_disk()


def test_a_short_one_stays_in_memory() -> None:
    _, file = received(SECRET * 100)
    assert not isinstance(file, SealedUpload)
    assert file.read() == SECRET * 100


def test_two_in_one_form_each_with_its_own_bytes() -> None:
    first, second = io.BytesIO(b"a" * 3_000_000), io.BytesIO(b"b" * 70_000)
    first.name, second.name = "a.pdf", "b.pdf"
    body = encode_multipart(BOUNDARY, {"one": first, "two": second})
    meta = {"CONTENT_TYPE": MULTIPART_CONTENT, "CONTENT_LENGTH": len(body)}
    _, files = MultiPartParser(meta, io.BytesIO(body), [MemoryFileUploadHandler(), SealedUploadHandler()]).parse()
    one, two = files["one"], files["two"]
    assert isinstance(one, SealedUpload)
    assert isinstance(two, SealedUpload)
    assert (one.read(), two.read()) == (b"a" * 3_000_000, b"b" * 70_000)


def test_too_long_its_size_is_known_the_rest_of_the_form_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_KEPT", 3_000_000)
    post, file = received(b"x" * 4_000_000, note="gardée")
    assert (file.size, post["note"]) == (4_000_000, "gardée")
    with pytest.raises(OSError, match="not kept"):
        file.read()
    assert on_the_disk().count(b"x" * 1000) == 0
    assert MOST_KEPT > 20 * 1024 * 1024


@pytest.mark.parametrize("times", [1, 1000, 30_000])
def test_a_body_is_sealed_once_it_is_long(times: int) -> None:
    spool = SealedSpool(100_000)
    for _ in range(times):
        spool.write(SECRET)
    body = spool.finish()
    assert SECRET not in on_the_disk()
    assert (len(on_the_disk()) > len(SECRET) * times) == (times > 3000)
    assert body.read() == SECRET * times
    body.seek(3)
    assert body.read(20) == (SECRET * times)[3:23]
    body.close()


async def _received(*messages: dict[str, Any]) -> bytes:
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    body = await SealingHandler().read_body(receive)
    with body:
        assert SECRET not in on_the_disk()
        return body.read()


def test_the_server_seals_the_long_bodies_that_it_gathers(settings: Settings) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    piece = {"type": "http.request", "body": SECRET * 5000, "more_body": True}
    last = {"type": "http.request"}
    assert asyncio.run(_received(piece, piece, last)) == SECRET * 10_000
    assert asyncio.run(_received(last)) == b""
    with pytest.raises(RequestAborted):
        asyncio.run(_received(piece, {"type": "http.disconnect"}))
    assert SECRET not in on_the_disk()


def test_it_is_the_one_that_is_served() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from config.asgi import application; print(type(application).__name__)"],
        cwd=BASE_DIR,
        env={**os.environ, "SEUIL_ENV": "test"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-1] == "SealingHandler"


def test_a_browser_that_goes_away_leaves_nothing() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    handler = SealedUploadHandler()
    handler.new_file("file", "avis.pdf", "application/pdf", None)
    handler.receive_data_chunk(SECRET * 10_000, 0)
    handler.upload_interrupted()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
