"""`docs/threats.md` names files and tests that exist, and each threat has a guard, a proof, and what remains."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
THREATS = {part.split("\n", 1)[0]: part for part in re.split(r"^### ", TEXT, flags=re.MULTILINE)[1:]}
NAMED = sorted(set(re.findall(r"`([\w./-]+\.(?:py|html|txt|toml)|Makefile)`", TEXT)))
# « what says it » in « the file that says it »
QUOTED = sorted({(name, quoted) for quoted, name in re.findall(r"`([^`]+)`\s+in\s+`([\w./-]+)`", TEXT)})
PROOFS = sorted(set(re.findall(r"`(tests/[\w/]+\.py::[\w:]+)`", TEXT)))


def test_there_is_much_to_check() -> None:
    assert len(THREATS) > 20
    assert len(NAMED) > 25
    assert len(PROOFS) > 50


@pytest.mark.parametrize("title", THREATS)
def test_each_threat_has_a_guard_a_proof_and_what_remains(title: str) -> None:
    parts = re.split(r"^- (\w+): ", THREATS[title].split("\n## ")[0], flags=re.MULTILINE)
    said = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(said) == ["Guard", "Proof", "Remains"]
    assert re.search(r"`[\w./-]+\.(py|html|txt)`", said["Guard"]), "no file"
    assert re.search(r"`tests/[\w/]+\.py::\w+", said["Proof"]), "no test"
    assert said["Remains"].strip()


@pytest.mark.parametrize("name", NAMED)
def test_each_file_exists(name: str) -> None:
    assert (ROOT / name).is_file()


@pytest.mark.parametrize(("name", "quoted"), QUOTED)
def test_the_file_says_what_is_quoted(name: str, quoted: str) -> None:
    assert quoted in (ROOT / name).read_text(encoding="utf-8")


def test_each_rule_of_postgresql_is_quoted_from_its_file() -> None:
    """So many statements, in so few files, that the name of a file alone proves nothing."""
    assert {name for name in NAMED if name.startswith("config/db_rights/")} == {
        name for name, _ in QUOTED if name.startswith("config/db_rights/")
    }
    assert TEXT.count("`config/db_rights/") == len(re.findall(r"` in\s+`config/db_rights/", TEXT))


@pytest.mark.parametrize("proof", PROOFS)
def test_each_test_exists(proof: str) -> None:
    path, *names = proof.split("::")
    assert tuple(names) in names_in(path)
    assert names[-1].startswith("test_"), "a class is no proof"


@cache
def names_in(path: str) -> set[tuple[str, ...]]:
    """The tests of a file, each with the class that holds it."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return set(_names(tree, ()))


def _names(node: ast.AST, above: tuple[str, ...]) -> list[tuple[str, ...]]:
    found = []
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append((*above, each.name))
        elif isinstance(each, ast.ClassDef):
            found += _names(each, (*above, each.name))
    return found


def test_a_name_that_is_gone_would_be_seen() -> None:
    here = "tests/architecture/test_threats.py"
    assert ("test_each_test_exists",) in names_in(here)
    assert ("test_that_never_was",) not in names_in(here)
