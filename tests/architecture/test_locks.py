"""The locks pin everything by hash, name only the public index, and follow pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from config.environment import BASE_DIR

LOCKS = sorted((BASE_DIR / "deploy").glob("requirements*.txt"))
PUBLIC_INDEX = ("https://pypi.org/", "https://files.pythonhosted.org/")
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^\s;\\]+)(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def pins(lock: Path) -> dict[str, str]:
    found = (PIN.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return {pin["name"]: pin["version"] for pin in found if pin}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[~=<>!; ]", text, maxsplit=1)[0].lower().replace("_", "-") for text in requirements}


def test_there_are_two_locks() -> None:
    assert [lock.name for lock in LOCKS] == ["requirements-dev.txt", "requirements.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_line_is_a_pin_a_hash_or_a_comment(lock: Path) -> None:
    lines = lock.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        assert PIN.match(line) or HASH.match(line) or re.match(r"^\s*#", line), line
        if PIN.match(line):
            assert HASH.match(lines[number + 1]), line


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_address_but_the_public_index(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    for address in re.findall(r"\w+://\S+", text):
        assert address.startswith(PUBLIC_INDEX), address
    assert not re.search(r"^\s*#?\s*-(i|f|-)(?!-?hash)", text, re.MULTILINE)
    assert not re.search(r"find-links|index-url|trusted-host|@ (file|git)", text)


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    runtime, everything = names(project["project"]["dependencies"]), names(project["dependency-groups"]["dev"])
    dev, run = (pins(lock) for lock in LOCKS)
    assert runtime <= run.keys()
    assert runtime | everything <= dev.keys()
    assert all(dev[name] == version for name, version in run.items())


def test_each_dependency_says_what_it_is_for() -> None:
    text = (BASE_DIR / "pyproject.toml").read_text(encoding="utf-8")
    for line in re.findall(r'^    "[a-z][^"]*[~=<>][^"]*",.*$', text, re.MULTILINE):
        assert re.search(r"# \w+", line), line
