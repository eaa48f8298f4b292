"""Test databases made by copy: migrating takes ten seconds, copying a migrated database a tenth of one.

A pair of model databases is kept on the server with, as comment, the fingerprint of the code that made it. Another
fingerprint makes a new pair; every process of a series copies it. `migrate` and its hooks still run on the copy.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from config.database import KEYSTORE_SUFFIX
from config.environment import BASE_DIR, data_dir


def use_models(databases: dict[str, dict[str, Any]]) -> None:
    """Have model databases for this code and tell Django to copy them. `databases` is Django's, modified in place."""
    default, keystore = databases["default"], databases["keystore"]
    if default["HOST"] != keystore["HOST"] or default["PORT"] != keystore["PORT"]:
        return  # two servers: each process migrates its own
    name = f"{default['TEST']['NAME'].removesuffix(_worker())}_model"
    with (data_dir() / "models.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        code = fingerprint()
        if _comment(default, name) != code:
            _make(default, name, code)
    for database, model in ((default, name), (keystore, name + KEYSTORE_SUFFIX)):
        database["TEST"]["TEMPLATE"] = model


def fingerprint() -> str:
    """Hash of what a migrated database holds: the migrations, the folders of the hooks that follow, the versions."""
    found = hashlib.sha256()
    for path in sorted(_sources()):
        found.update(str(path.relative_to(BASE_DIR)).encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _sources() -> Iterator[Path]:
    yield BASE_DIR / "deploy" / "requirements.txt"
    yield from BASE_DIR.glob("[a-z]*/**/migrations/*.py")
    for hook in settings.AFTER_MIGRATE:
        module = importlib.util.find_spec(hook.rpartition(".")[0])
        if module and module.origin:
            yield from Path(module.origin).parent.glob("*.py")


def _worker() -> str:
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    return f"_{worker}" if worker else ""


def _login(database: dict[str, Any]) -> dict[str, Any]:
    login = {key: database[key.upper()] for key in ("host", "port", "user", "password") if database[key.upper()]}
    return {**database["OPTIONS"], **login}


def _comment(database: dict[str, Any], name: str) -> str | None:
    """The fingerprint that a model database carries, when it is there."""
    question = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    with psycopg.connect(**_login(database), dbname="postgres") as connection:
        row = connection.execute(question, [name]).fetchone()
    return row[0] if row else None


def _make(database: dict[str, Any], name: str, code: str) -> None:
    """Make both models anew, by the product's own `migrate`; the comment comes last, when all went well."""
    login = _login(database)
    with psycopg.connect(**login, dbname="postgres", autocommit=True) as connection:
        for each in (name, name + KEYSTORE_SUFFIX):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(each)))
        address = make_conninfo(**{**login, "dbname": name, "options": ""})
        environment = {**os.environ, "DATABASE_URL": address, "SEUIL_DB_ROLE": "owner"}
        environment.pop("KEYSTORE_URL", None)
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(code))
        connection.execute(comment)
