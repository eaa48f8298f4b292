"""Base of the commands that people and scripts rely on: French for people, JSON for programs, an exit status."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from core.errors import OperationRefused, Stopped

DONE, FOUND_WRONG, MISUSED = 0, 1, 2


class Misused(Exception):
    """The arguments make no sense together; the French sentence says what is expected (exit status 2)."""


class JsonCommand(BaseCommand):
    """A command with `--json`: one JSON value on standard output, everything else on standard error.

    Subclasses implement `run(**options)`, which returns the value, and `show(value)`, which prints it for people
    with `self.stdout`.
    Exit status: 0 done; 1 refused (`OperationRefused`, `Stopped`) or found wrong (`self.failed = True`); 2 misused
    (`Misused`).
    """

    failed = False
    run: Callable[..., Any]
    show: Callable[[Any], None]

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Django's parser, with `--json` beside the command's own arguments."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="une valeur JSON sur la sortie, et rien d’autre")
        return parser

    def say(self, text: str) -> None:
        """Tell how far the work is, on standard error."""
        self.stderr.write(text, self.style.NOTICE)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, then print; a print by a library goes to standard error."""
        self.failed = False
        with contextlib.redirect_stdout(sys.stderr):
            value = self.run(**options)
        if options["json"]:
            self.stdout.write(as_json(value))
        else:
            self.show(value)

    def run_from_argv(self, argv: Sequence[str]) -> None:
        """Run from the command line, where a refusal is a sentence and an exit status."""
        try:
            super().run_from_argv(list(argv))
        except (OperationRefused, Stopped) as refusal:
            self._leave(str(refusal), FOUND_WRONG)
        except Misused as misuse:
            self._leave(str(misuse), MISUSED)
        if self.failed:
            sys.exit(FOUND_WRONG)

    def _leave(self, sentence: str, status: int) -> None:
        self.stderr.write(sentence)
        sys.exit(status)


def as_json(value: Any) -> str:
    """The value as JSON, accents kept: dates in ISO form, amounts (Decimal) as strings with two decimals."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain, allow_nan=False)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form here")
