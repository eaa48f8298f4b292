"""Roles and databases of a development, test or demonstration server, made when absent.

In production real logins are made by whoever runs the server; nothing here is called.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from config.environment import Role

ADVISORY_LOCK = 0x5E_01_1E  # any constant of ours: one bootstrap at a time on a server
OWNER = f"seuil_{Role.OWNER}"
OTHERS = tuple(f"seuil_{role}" for role in Role if role is not Role.OWNER)

_ATTRIBUTES = {
    OWNER: "LOGIN CREATEDB",
    **dict.fromkeys(OTHERS, "LOGIN"),
    # else the policies meant for the web role would apply to the worker too, and raise: nobody acts
    f"seuil_{Role.WORKER}": "LOGIN NOINHERIT",
}


def prepare_server(login: dict[str, Any], databases: list[str]) -> None:
    """Make the roles, let the login take each of them, make the databases; safe to repeat and to run at once.

    `login` is what psycopg.connect takes, without `dbname`: a superuser, or a login that may create roles and
    databases. Raises `psycopg.Error` when the server refuses.
    """
    with psycopg.connect(**login, dbname="postgres", autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        _make_roles(connection)
        for name in databases:
            _make_database(connection, login, name)


def _make_roles(connection: psycopg.Connection) -> None:
    present = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'seuil\\_%'")}
    for role, attributes in _ATTRIBUTES.items():
        if role not in present:
            connection.execute(sql.SQL("CREATE ROLE {} " + attributes).format(sql.Identifier(role)))
    _grant(connection, f"seuil_{Role.WEB}", f"seuil_{Role.WORKER}")
    login = str(_value(connection, "SELECT session_user"))
    for role in _ATTRIBUTES:
        if login != role:
            _grant(connection, role, login)


def _grant(connection: psycopg.Connection, role: str, member: str) -> None:
    """Let `member` become `role`, once. From PostgreSQL 16 on, that is an option of its own."""
    if connection.info.server_version >= 160000:
        already = "SELECT 1 FROM pg_auth_members WHERE roleid = %s::regrole AND member = %s::regrole AND set_option"
        options = " WITH SET TRUE"
    else:
        already = "SELECT 1 FROM pg_auth_members WHERE roleid = %s::regrole AND member = %s::regrole"
        options = ""
    if _value(connection, already, role, sql.Identifier(member).as_string(connection)) is None:
        names = sql.Identifier(role), sql.Identifier(member)
        connection.execute(sql.SQL("GRANT {} TO {}").format(*names) + sql.SQL(options))


def _make_database(connection: psycopg.Connection, login: dict[str, Any], name: str) -> None:
    """The database, owned by seuil_owner; one that was there already is opened to that role."""
    database, owner = sql.Identifier(name), sql.Identifier(OWNER)
    found = _value(connection, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", name)
    if found is None:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
    elif found != OWNER:
        connection.execute(sql.SQL("GRANT ALL ON DATABASE {} TO {}").format(database, owner))
        with psycopg.connect(**login, dbname=name, autocommit=True) as inside:
            inside.execute(sql.SQL("GRANT ALL ON SCHEMA public TO {}").format(owner))


def _value(connection: psycopg.Connection, query: str, *parameters: object) -> object:
    row = connection.execute(query, parameters).fetchone()
    return row[0] if row else None
