"""Files of master keys: what is accepted, what is refused and in which words, who may make the first."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from config.environment import BASE_DIR
from vault import kek
from vault.checks import kek_is_usable
from vault.errors import KekMissing

SECRET, USE = bytes(range(32)), b"use"


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.KEK_DIR = tmp_path / "kek"
    kek.forget()
    yield tmp_path / "kek"
    kek.forget()


def put(folder: Path, name: str, content: str, mode: int = 0o400) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(content)
    file.chmod(mode)
    return file


def test_the_first_key_is_made_once_and_closed_to_others(folder: Path) -> None:
    version, wrapped = kek.wrap(SECRET, USE)
    assert (version, len(wrapped)) == (1, kek.WRAPPED_SIZE)
    assert [file.name for file in folder.iterdir()] == ["1.key"]
    assert (folder / "1.key").stat().st_mode & 0o777 == 0o400
    assert folder.stat().st_mode & 0o777 == 0o700
    kek.forget()
    assert kek.unwrap(1, wrapped, USE) == SECRET


def test_two_starts_at_once_end_with_the_same_key(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: kek._create(folder), range(8)))
    assert [file.name for file in folder.iterdir()] == ["1.key"]


@pytest.mark.parametrize("written", [SECRET.hex(), SECRET.hex().upper() + "\n", base64.b64encode(SECRET).decode()])
@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_hexadecimal_and_base64_are_read(folder: Path, written: str, mode: int) -> None:
    put(folder, "1.key", SECRET.hex())
    _, wrapped = kek.wrap(SECRET, USE)
    kek.forget()
    (folder / "1.key").unlink()
    put(folder, "1.key", written, mode)
    assert kek.unwrap(1, wrapped, USE) == SECRET


@pytest.mark.parametrize("mode", [0o440, 0o604, 0o644, 0o666])
def test_a_key_open_to_others_is_refused(folder: Path, mode: int) -> None:
    put(folder, "1.key", SECRET.hex(), mode)
    with pytest.raises(KekMissing, match=f"mode {mode:04o}"):
        kek.wrap(SECRET, USE)


@pytest.mark.parametrize("written", ["", "abcd", SECRET.hex()[:-2], SECRET.hex() + "00", "z" * 64, "é" * 32])
def test_another_content_is_refused_without_being_quoted(folder: Path, written: str) -> None:
    put(folder, "1.key", written)
    with pytest.raises(KekMissing, match="ne contient pas 32 octets") as caught:
        kek.wrap(SECRET, USE)
    assert not written or written not in str(caught.value)


@pytest.mark.parametrize("name", ["one.key", "0.key", "-1.key", "1.old.key"])
def test_another_name_is_refused(folder: Path, name: str) -> None:
    put(folder, name, SECRET.hex())
    with pytest.raises(KekMissing, match="n’est pas un nom de clé maîtresse"):
        kek.wrap(SECRET, USE)


def test_the_newest_wraps_and_all_unwrap(folder: Path) -> None:
    put(folder, "9.key", SECRET.hex())
    first = kek.wrap(SECRET, USE)
    put(folder, "10.key", SECRET[::-1].hex())
    assert kek.wrap(SECRET, USE)[0] == 9, "until the folder is read again"
    kek.forget()
    second = kek.wrap(SECRET, USE)
    assert (first[0], second[0]) == (9, 10)
    for version, wrapped in (first, second):
        assert kek.unwrap(version, wrapped, USE) == SECRET


def test_a_key_brought_in_while_running_is_found(folder: Path) -> None:
    put(folder, "1.key", SECRET.hex())
    _, wrapped = kek.wrap(SECRET, USE)
    put(folder, "2.key", SECRET.hex())
    assert kek.unwrap(2, wrapped, USE) == SECRET
    with pytest.raises(KekMissing, match="n° 3 manque"):
        kek.unwrap(3, wrapped, USE)


def test_another_use_or_other_bytes_do_not_unwrap(folder: Path) -> None:
    version, wrapped = kek.wrap(SECRET, USE)
    for changed, use in [(wrapped, b"other"), (wrapped[:-1] + bytes([wrapped[-1] ^ 1]), USE), (b"", USE)]:
        with pytest.raises(kek.NotUnwrapped):
            kek.unwrap(version, changed, use)


def test_production_makes_no_key_and_the_check_says_so(folder: Path, settings: Settings) -> None:
    assert kek_is_usable(None) == []
    settings.IN_PRODUCTION = True
    with pytest.raises(KekMissing, match="Aucune clé maîtresse"):
        kek.wrap(SECRET, USE)
    assert not folder.exists()
    assert [error.id for error in run_checks() if error.id == "vault.E001"] == ["vault.E001"]
    put(folder, "1.key", SECRET.hex())
    assert kek_is_usable(None) == []


STARTS = """
from django.conf import settings
from pathlib import Path
settings.configure(INSTALLED_APPS=["vault", "pgtrigger"], IN_PRODUCTION=True, KEK_DIR=Path("{folder}"))
import django
django.setup()
"""


def started(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", STARTS.format(folder=folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=BASE_DIR,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )


def test_production_does_not_start_without_a_usable_key(tmp_path: Path) -> None:
    folder = tmp_path / "kek"
    assert "ImproperlyConfigured: Aucune clé maîtresse" in started(folder).stderr
    put(folder, "1.key", SECRET.hex(), 0o644)
    assert "ImproperlyConfigured" in started(folder).stderr
    (folder / "1.key").unlink()
    put(folder, "1.key", "trop court")
    wrong = started(folder)
    assert "ne contient pas 32 octets" in wrong.stderr
    assert wrong.returncode != 0
    (folder / "1.key").unlink()
    put(folder, "1.key", SECRET.hex())
    right = started(folder)
    assert (right.returncode, right.stderr) == (0, "")
