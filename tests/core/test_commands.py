"""What scripts rely on: one JSON value on standard output, sentences on standard error, an exit status."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.commands import JsonCommand, Misused, as_json
from core.errors import OperationRefused

VALUE = {"rows": 38, "amount": Decimal("1412.6"), "on": date(2023, 5, 2), "label": "réussi"}


class Counting(JsonCommand):
    """A command that does what its argument says."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--outcome", default="done")

    def run(self, **options: Any) -> Any:
        self.say("un instant…")
        print("a library talks")  # noqa: T201
        match options["outcome"]:
            case "refused":
                raise OperationRefused("Ce fichier ne peut pas être lu.")
            case "misused":
                raise Misused("Donnez un fichier.")
            case "wrong":
                self.failed = True
        return VALUE

    def show(self, value: Any) -> None:
        self.stdout.write(f"{value['rows']} lignes lues")


def run(*arguments: str) -> int:
    """Exit status of the command started as from a shell."""
    try:
        Counting().run_from_argv(["manage.py", "counting", *arguments])
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0


def test_json_is_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"rows": 38, "amount": "1412.60", "on": "2023-05-02", "label": "réussi"}
    assert "réussi" in out
    assert "un instant…" in err
    assert "a library talks" in err


def test_people_read_french(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    assert capsys.readouterr().out == "38 lignes lues\n"


def test_a_refusal_is_one_sentence_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "--outcome", "refused") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == "Ce fichier ne peut pas être lu."


def test_found_wrong_prints_and_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "--outcome", "wrong") == 1
    assert json.loads(capsys.readouterr().out)["rows"] == 38


@pytest.mark.parametrize("arguments", [("--outcome", "misused"), ("--unknown",)])
def test_misuse_exits_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr().out == ""


def test_called_from_python_a_refusal_stays_itself() -> None:
    from django.core.management import call_command

    with pytest.raises(OperationRefused):
        call_command(Counting(), outcome="refused")


def test_json_of_plain_values_only() -> None:
    assert as_json(UUID(int=1)) == '"00000000-0000-0000-0000-000000000001"'
    with pytest.raises(TypeError):
        as_json(object())
    with pytest.raises(ValueError, match="JSON"):
        as_json(float("nan"))
