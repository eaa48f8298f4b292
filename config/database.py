"""Which two databases this process uses, under which role, and how to have their server running.

Importing this module or the settings starts nothing: `ensure_running()` is called by `manage.py`, by the ASGI
application and by the tests.
"""

from __future__ import annotations

import hashlib
import os
import threading
from typing import Any

from psycopg import Error as PsycopgError
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from config.embedded import PORT, SUPERUSER, EmbeddedServer, stop_when_last
from config.environment import BASE_DIR, Environment, Refused, data_dir, database_role, environment
from config.roles import prepare_server

NAME = "seuil"
KEYSTORE_SUFFIX = "_keystore"
# whatever the server has: a count over every dossier stays in memory, and compiling a page's statements costs more than
# running them (ADR 0015)
PLANNING = ("-c work_mem=32MB", "-c jit=off")
# of each database, for a process that serves pages; beyond, a page waits so many seconds, then says that it could not
# be served. Reconnecting is soon given up: the next page tries anew at once, where a longer wait would double each time
POOL = {"min_size": 2, "max_size": 16, "timeout": 3.0, "reconnect_timeout": 2.0}
NAMED_BY_DJANGO = frozenset({"dbname", "user", "password", "host", "port"})
Settings = dict[str, Any]

_running: EmbeddedServer | None = None
_ready = False
_pooled = False
_guard = threading.Lock()


def databases() -> dict[str, Settings]:
    """Django's DATABASES: `default` and `keystore`. Raises `Refused` on an impossible environment."""
    default = _parameters("DATABASE_URL")
    keystore = _parameters("KEYSTORE_URL") or {**default, "dbname": _name(default) + KEYSTORE_SUFFIX}
    return {"default": _django(default, ""), "keystore": _django(keystore, KEYSTORE_SUFFIX)}


def keep_connections() -> None:
    """From now on, the settings keep connections open from one request to the next: for the ASGI application alone.

    Django answers each request in a thread of its own, which would open both databases anew. Nothing is said to a
    session that outlives its transaction (`core.db.base`): a connection carries nobody from one request into another.
    Where processes fork (workers, the population) or are short (commands, tests), a connection is not shared.
    """
    global _pooled
    _pooled = True


def is_embedded() -> bool:
    """Whether the server is ours to start: no DATABASE_URL, and not production."""
    return environment() is not Environment.PRODUCTION and not os.environ.get("DATABASE_URL")


def ensure_running() -> None:
    """Have the server, its roles and its databases ready; does nothing in production, nor the second time.

    Raises `Refused` with a French sentence when that fails.
    """
    global _ready, _running
    with _guard:
        if _ready or environment() is Environment.PRODUCTION:
            return
        if is_embedded():
            _running = embedded_server()
            try:
                _running.start()
            except PermissionError as error:
                raise Refused(
                    f"Le dossier {error.filename} est fermé à ce compte : donnez un autre SEUIL_DATA."
                ) from None
            stop_when_last(_running)
            os.environ["PATH"] = f"{_running.programs}{os.pathsep}{os.environ.get('PATH', '')}"  # psql, pg_dump
        _prepare()
        _ready = True


def leave_last(patience: float) -> None:
    """Leave the server before the end of the process, for who started others: so many seconds for them to be gone."""
    if _running is not None:
        _running.leave(patience=patience)


def embedded_server() -> EmbeddedServer:
    """The server of this instance's folder, started or not."""
    return EmbeddedServer(data_dir() / "postgresql", fast=environment() is Environment.TEST)


def fingerprint() -> str:
    """A few letters that are this instance’s own: two test suites on one server do not meet."""
    return hashlib.sha256(f"{BASE_DIR} {data_dir()}".encode()).hexdigest()[:8]


def _parameters(variable: str) -> dict[str, Any]:
    """Connection parameters from the environment; in production, those of the process's own role."""
    if environment() is Environment.PRODUCTION:
        name = f"{variable}_{database_role().upper()}"
        if not (url := os.environ.get(name)):
            raise Refused(f"{name} manque : en production chaque rôle se connecte à son propre compte PostgreSQL.")
    elif not (url := os.environ.get(variable, "")):
        return {} if variable == "KEYSTORE_URL" else _embedded_parameters()
    try:
        return conninfo_to_dict(url)
    except ProgrammingError:
        raise Refused(f"{variable} n’est pas une adresse PostgreSQL (postgres://compte@machine:port/base).") from None


def _embedded_parameters() -> dict[str, Any]:
    return {"host": str(embedded_server().socket_dir), "port": str(PORT), "user": SUPERUSER, "dbname": NAME}


def _name(parameters: dict[str, Any]) -> str:
    return str(parameters.get("dbname") or NAME)


def _django(parameters: dict[str, Any], suffix: str) -> Settings:
    """One entry of Django's DATABASES; `suffix` ends the name of its test database."""
    rest = {key: value for key, value in parameters.items() if key not in NAMED_BY_DJANGO}
    rest["options"] = f"{rest.get('options', '')} {' '.join(PLANNING)}".strip()
    if environment() is not Environment.PRODUCTION:
        # in the start-up options, so that RESET ROLE returns to it
        rest["options"] = f"{rest.get('options', '')} -c role=seuil_{database_role()}".strip()
    if _pooled:
        rest["pool"] = dict(POOL)  # `core.db.base` tries what the pool lends
    return {
        "ENGINE": "core.db",
        "NAME": _name(parameters),
        "USER": parameters.get("user") or "",
        "PASSWORD": parameters.get("password") or "",
        "HOST": parameters.get("host") or "",
        "PORT": str(parameters.get("port") or ""),
        "CONN_HEALTH_CHECKS": not _pooled,
        "OPTIONS": rest,
        "TEST": {"NAME": f"test_seuil_{fingerprint()}{suffix}"},
    }


def _prepare() -> None:
    """Roles and databases, on each server that the two databases use."""
    servers: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for settings in databases().values():
        login = {
            "host": settings["HOST"],
            "port": settings["PORT"],
            "user": settings["USER"],
            "password": settings["PASSWORD"],
            **{key: value for key, value in settings["OPTIONS"].items() if key not in {"options", "pool"}},
        }
        login = {key: value for key, value in login.items() if value}
        servers.setdefault(repr(login), (login, []))[1].append(settings["NAME"])
    for login, names in servers.values():
        try:
            prepare_server(login, names)
        except PsycopgError as error:
            raise Refused(_why(error, login)) from None


def _why(error: PsycopgError, login: dict[str, Any]) -> str:
    """What to do when a server does not serve. PostgreSQL's own words, which its log has, may quote a password."""
    place = f"{login.get('host', 'socket local')}:{login.get('port', 5432)}"
    if error.sqlstate is None:
        return (
            f"Aucun PostgreSQL ne répond à {place}, ou il n’accepte pas ce compte : vérifiez l’adresse, le compte et "
            "le mot de passe de DATABASE_URL, ou retirez-la pour utiliser le serveur embarqué."
        )
    return (
        f"PostgreSQL, à {place}, refuse de préparer les rôles et les bases (code {error.sqlstate}) : donnez dans "
        "DATABASE_URL un compte qui peut créer des rôles et des bases."
    )
