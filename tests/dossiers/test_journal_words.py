"""Every event that the code records on a dossier is told in words on its journal, and none as « Acte inscrit »."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from cases.dossiers.models import Dossier
from cases.dossiers.views.detail import WORDS
from core.workflow import moves

APPS = ("accounts", "cases", "commission", "core", "desk", "exchange", "reporting")
MOVE = "dossier.{}"  # the one event whose name is made: that of a move of the dossier
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for app in APPS:
        for path in sorted((Path(settings.BASE_DIR) / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, ast.parse(path.read_text("utf-8"))


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Each call under `tree`, with the dotted name of what it calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def is_on_a_dossier(call: ast.Call) -> bool:
    told = [each.value for each in call.keywords if each.arg == "dossier"]
    return bool(told) and not (isinstance(told[0], ast.Constant) and told[0].value is None)


def names_in(node: ast.expr, module: ast.Module, function: Function | None) -> set[str]:
    """The events that an argument may name: itself, either of two, those of a table, what a variable was given."""
    match node:
        case ast.Constant(value=str(name)):
            return {name}
        case ast.IfExp(body=one, orelse=other):
            return names_in(one, module, function) | names_in(other, module, function)
        case ast.JoinedStr(values=parts):
            return {"".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)}
        case ast.Subscript(value=ast.Name(id=table)):
            tables = [each.value for each in module.body if isinstance(each, ast.Assign) and target_of(each) == table]
            return {
                name for each in tables if isinstance(each, ast.Dict) for name in map(ast.literal_eval, each.values)
            }
        case ast.Name(id=variable) if function is not None:
            given = [
                each.value
                for each in ast.walk(function)
                if isinstance(each, ast.Assign) and target_of(each) == variable
            ]
            return {name for value in given for name in names_in(value, module, None)}
    raise AssertionError(f"this test cannot read the event of « {ast.unparse(node)} »")


def target_of(assign: ast.Assign) -> str:
    return ast.unparse(assign.targets[0])


def function_of(module: ast.Module, call: ast.Call) -> Function | None:
    held = [each for each in ast.walk(module) if isinstance(each, Function) and call in ast.walk(each)]
    return held[-1] if held else None


def parameter(function: Function | None, name: ast.expr) -> int | None:
    """The place of this name among the parameters; `None` when it is not one."""
    if function is None or not isinstance(name, ast.Name):
        return None
    every = [each.arg for each in (*function.args.args, *function.args.kwonlyargs)]
    return every.index(name.id) if name.id in every else None


@dataclass(frozen=True, slots=True)
class Recorder:
    """A function that records the event it is given: its name, who may call it so, where its event stands."""

    name: str
    callers: Path
    place: int
    keyword: str

    def event_of(self, call: ast.Call, name: str) -> ast.expr | None:
        if name.rpartition(".")[2] != self.name or name == "journal.record":
            return None
        given = [each.value for each in call.keywords if each.arg == self.keyword]
        return next(iter([*given, *call.args[self.place : self.place + 1]]), None)


def recorder_of(path: Path, function: Function | None, event: ast.expr) -> Recorder | None:
    """The function around a recording, when the event is one of its parameters; a private one serves its module."""
    place = parameter(function, event)
    if function is None or place is None:
        return None
    callers = path if function.name.startswith("_") else path.parent
    return Recorder(function.name, callers, place, ast.unparse(event))


def recorded(*, by: Collection[str] = ("journal.record", "refused"), anywhere: bool = False) -> set[str]:
    """The events recorded on a dossier (or `anywhere`), those given to a function that records for others included."""
    read = list(modules())
    found: set[str] = set()
    told = [
        (path, module, call, call.args[0])
        for path, module in read
        for call, name in calls(module)
        if name in by and (anywhere or is_on_a_dossier(call))
    ]
    for path, module, call, event in told:  # it grows: a function may record for another
        function = function_of(module, call)
        recorder = recorder_of(path, function, event)
        if recorder is None:
            found |= names_in(event, module, function)
            continue
        for where, other in read:
            if where.is_relative_to(recorder.callers):
                given = [(each, recorder.event_of(each, name)) for each, name in calls(other)]
                told += [(where, other, each, named) for each, named in given if named is not None]
    return found


@pytest.fixture(scope="module")
def events() -> set[str]:
    found = recorded()
    made = {name for name in found if "{}" in name}
    assert made == {MOVE}
    return found - made | {MOVE.format(move.name) for move in moves(Dossier)}


def test_the_code_is_read_well(events: set[str]) -> None:
    """One of each way to record: plainly, by a helper, by one of two, by a table, through a variable, refused."""
    assert {
        "letter.made",
        "residence.copied",
        "household.born",
        "person.unlinked",
        "health.written",
        "si_siao.told_apart",
        "dossier.admit",
        "grant.refused",
    } <= events


def test_the_journal_says_each_in_words(events: set[str]) -> None:
    assert events - WORDS.keys() == set()
