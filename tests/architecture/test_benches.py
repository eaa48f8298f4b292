"""Every measure of `make bench` runs to its end, at a small size: what it says then is not judged."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.environment import BASE_DIR

pytestmark = pytest.mark.long
SIZES = {
    "vault": (),
    "documents": (),
    "import_register": ("--most", "120"),
    "list_page": ("--most", "40"),
    "search": ("--persons", "400"),
    "population": ("--households", "60"),
    "secrecy": ("--dossiers", "60"),
    "access": ("--dossiers", "600"),
    "outbox": ("--messages", "300"),
}
LONGEST = 600.0


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A scratch instance of their own: they empty it."""
    with tempfile.TemporaryDirectory(prefix="seuil-bench-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o711)
        yield Path(made) / "instance"


def test_every_one_is_here() -> None:
    listed = re.search(r"for name in ([a-z_ ]+); do", (BASE_DIR / "Makefile").read_text(encoding="utf-8"))
    assert listed is not None
    assert sorted(listed[1].split()) == sorted(SIZES)


@pytest.mark.parametrize("name", SIZES)
def test_it_runs_to_its_end(name: str, folder: Path) -> None:
    said = {**os.environ, "SEUIL_BENCH_DATA": str(folder)}
    if name in {"vault", "documents"}:
        said |= {"SEUIL_ENV": "test", "SEUIL_DATA": str(folder), "SEUIL_DB_ROLE": "owner"}
    command = [sys.executable, "-m", f"bench.{name}", *SIZES[name]]
    done = subprocess.run(command, cwd=BASE_DIR, env=said, capture_output=True, text=True, timeout=LONGEST, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert len(done.stdout.strip().splitlines()) >= 3, done.stdout + done.stderr
