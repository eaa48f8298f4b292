#!/usr/bin/env python
"""Commands of Seuil: `.venv/bin/python manage.py <command>`; they start the embedded server when it is needed."""

import os
import signal
import sys
import time
from types import FrameType

OWNER_COMMANDS = frozenset({"migrate", "makemigrations", "sqlmigrate", "flush", "dbshell", "test"})
WEB_COMMANDS = frozenset({"runserver"})
ASKING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
ONCE = 0.5  # seconds in which the same wish comes by several ways: the terminal, then `make`
LAST_OUT = 2.0  # seconds that the demonstration waits for its own to be gone from the database's server
WITHOUT_DATABASE = frozenset({"help", "--help", "-h", "version", "--version", "collectstatic", "findstatic"})


def role_for(command: str) -> str:
    """Role of PostgreSQL under which a command runs when `SEUIL_DB_ROLE` says nothing."""
    if command in OWNER_COMMANDS:
        return "owner"
    return "web" if command in WEB_COMMANDS else "worker"


def leave_on_signals(command: str) -> None:
    """End in good order on TERM and HUP, as on INT: what was started is stopped. `demo` calls that a success.

    A background job of a shell ignores INT: `demo` listens to it again. `nohup` keeps its meaning. An exit raised where
    Python swallows it (a callback of the garbage collector) is lost: the next signal is heard as the first one was.
    """
    listened = ASKING if command == "demo" else ASKING[:2]
    heard = float("-inf")

    def leave(number: int, _: FrameType | None) -> None:
        nonlocal heard
        before, heard = heard, time.monotonic()
        if heard - before > ONCE:
            sys.exit(0 if command == "demo" else 128 + number)

    for each in listened:
        if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, leave)


def listen_no_more() -> None:
    """The end is under way: nothing may cut it short."""
    for each in ASKING:
        signal.signal(each, signal.SIG_IGN)


def main() -> None:
    """Run the command named on the command line."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    leave_on_signals(command)
    if not os.environ.get("SEUIL_DB_ROLE"):
        os.environ["SEUIL_DB_ROLE"] = role_for(command)
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line

        from config.database import ensure_running, leave_last
        from config.environment import Refused
    except ModuleNotFoundError as error:
        sys.exit(f"Le module Python « {error.name} » manque : lancez « make setup », puis .venv/bin/python manage.py.")
    try:
        if command not in WITHOUT_DATABASE:
            ensure_running()
        execute_from_command_line(sys.argv)
    except (Refused, ImproperlyConfigured) as refusal:
        sys.exit(str(refusal))
    finally:
        listen_no_more()
        if command == "demo":
            leave_last(LAST_OUT)


if __name__ == "__main__":
    main()
