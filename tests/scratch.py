"""An instance of its own for the commands that a test runs as processes: copies of the migrated model databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from config.database import KEYSTORE_SUFFIX
from tests.databases import _login

WORK = "import django; django.setup(); from core import outbox; outbox.run_all()"
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]


@dataclass(frozen=True, slots=True)
class Instance:
    """Two databases, and the environment in which a process finds them."""

    login: dict[str, Any]
    name: str

    @property
    def environment(self) -> dict[str, str]:
        address = make_conninfo("", **{**self.login, "dbname": self.name, "options": ""})
        kept = {key: value for key, value in os.environ.items() if key not in ("KEYSTORE_URL", "SEUIL_DB_ROLE")}
        return {**kept, "DATABASE_URL": address, "SEUIL_ENV": "test"}

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """A command of `manage.py`, under way."""
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        return subprocess.Popen([*MANAGE, *arguments], env=self.environment, text=True, **{**pipes, **options})

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of `manage.py`, to its end."""
        command = [*MANAGE, *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False, timeout=180)

    def work(self) -> subprocess.CompletedProcess[str]:
        """Do what the outbox asks, as the worker, in a process of its own."""
        there = {**self.environment, "SEUIL_DB_ROLE": "worker", "DJANGO_SETTINGS_MODULE": "config.settings"}
        command = [sys.executable, "-c", WORK]
        return subprocess.run(
            command, env=there, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True, timeout=180
        )

    def json(self, *arguments: str) -> Any:
        """What a command prints with `--json`, when it does its work."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of `default`, as its owner."""
        with psycopg.connect(**{**self.login, "dbname": self.name, "options": "-c role=seuil_owner"}) as connection:
            return connection.execute(statement.encode()).fetchall()

    def execute(self, statement: str) -> None:
        """One statement in `default`, as its owner."""
        with psycopg.connect(**{**self.login, "dbname": self.name, "options": "-c role=seuil_owner"}) as connection:
            connection.execute(statement.encode())

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608


@contextmanager
def scratch() -> Iterator[Instance]:
    """Databases copied for the block, dropped after it. Skips where the tests' databases have no model to copy."""
    default, keystore = settings.DATABASES["default"], settings.DATABASES["keystore"]
    models = [database["TEST"].get("TEMPLATE") for database in (default, keystore)]
    if None in models:
        pytest.skip("the two databases are on two servers: no model to copy")
    login = {key: value for key, value in _login(default).items() if key != "options"}  # not under a lesser role
    made = Instance(login, f"scratch_seuil_{uuid4().hex[:12]}")
    names = [made.name, made.name + KEYSTORE_SUFFIX]
    with psycopg.connect(**made.login, dbname="postgres", autocommit=True) as connection:
        for name, model in zip(names, models, strict=True):
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER seuil_owner")
            connection.execute(copy.format(sql.Identifier(name), sql.Identifier(model)))
        try:
            yield made
        finally:
            for name in names:
                drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                connection.execute(drop)


def folder_of(made: list[tuple[str, bytes]], folder: Path) -> list[str]:
    """The files on disk."""
    for name, data in made:
        (folder / name).write_bytes(data)
    return [str(folder / name) for name, _ in made]
