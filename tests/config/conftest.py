"""A server of its own for a test that starts, stops or kills one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.embedded import EmbeddedServer


@contextmanager
def folder_of_a_server() -> Iterator[Path]:
    """A folder that every user may cross (pytest's own belongs to one user), emptied at the end."""
    made = Path(tempfile.mkdtemp(prefix="seuil-test-"))
    made.chmod(0o711)
    try:
        yield made / "postgresql"
    finally:
        server = EmbeddedServer(made / "postgresql")
        if server.is_ready():
            server.start()
            server.leave()
        shutil.rmtree(server.folder, ignore_errors=True)
        shutil.rmtree(made)


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_of_a_server() as made:
        yield made


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedServer]:
    made = EmbeddedServer(folder, fast=True)
    yield made
    made.leave()


@pytest.fixture(scope="module")
def shared_server() -> Iterator[EmbeddedServer]:
    """A running server for a whole file, with nothing in it but what PostgreSQL puts there."""
    with folder_of_a_server() as made:
        server = EmbeddedServer(made, fast=True)
        server.start()
        yield server
        server.leave()
