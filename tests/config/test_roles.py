"""Roles and databases, on a server that has none yet, by a superuser and by a login that only may create them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from config import embedded
from config.embedded import EmbeddedServer
from config.roles import OTHERS, OWNER, prepare_server

DATABASES = ["seuil", "seuil_keystore"]
ATTRIBUTES = "SELECT rolname, rolsuper, rolbypassrls, rolinherit, rolcreatedb, rolcreaterole FROM pg_roles"


def login(server: EmbeddedServer, user: str = embedded.SUPERUSER) -> dict[str, Any]:
    return {"host": str(server.socket_dir), "user": user}


def as_role(server: EmbeddedServer, role: str, user: str = embedded.SUPERUSER) -> psycopg.Connection:
    return psycopg.connect(**login(server, user), dbname="seuil", options=f"-c role={role}", autocommit=True)


@pytest.fixture(scope="module")
def prepared(shared_server: EmbeddedServer) -> tuple[EmbeddedServer, str]:
    """A server prepared twice by a login that may only create roles and databases, and that login."""
    with psycopg.connect(**login(shared_server), dbname="postgres") as connection:
        connection.execute("CREATE ROLE ordinary LOGIN CREATEROLE CREATEDB")
    for _ in range(2):
        prepare_server(login(shared_server, "ordinary"), DATABASES)
    return shared_server, "ordinary"


def test_the_roles_can_do_no_more_than_they_need(prepared: tuple[EmbeddedServer, str]) -> None:
    server, user = prepared
    with as_role(server, OWNER, user) as connection:
        roles = {row[0]: row[1:] for row in connection.execute(ATTRIBUTES)}
    assert roles[OWNER] == (False, False, True, True, False)
    for role in OTHERS:
        inherits = role != "seuil_worker"
        assert roles[role] == (False, False, inherits, False, False)


def test_the_login_takes_each_role_and_reset_returns_to_it(prepared: tuple[EmbeddedServer, str]) -> None:
    server, user = prepared
    for role in (OWNER, *OTHERS):
        with as_role(server, role, user) as connection:
            connection.execute("SET ROLE seuil_web")
            connection.execute("RESET ROLE")
            row = connection.execute("SELECT current_user").fetchone()
            assert row == (role,)


def test_the_owner_owns_both_databases_and_may_extend_them(prepared: tuple[EmbeddedServer, str]) -> None:
    server, user = prepared
    with as_role(server, OWNER, user) as connection:
        owners = "SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE datname = ANY(%s)"
        assert dict(connection.execute(owners, [DATABASES])) == dict.fromkeys(DATABASES, OWNER)
        connection.execute("CREATE EXTENSION btree_gist")
        connection.execute("CREATE TABLE of_the_owner (n int)")


def test_with_real_logins_the_worker_may_act_as_web_and_web_as_nobody_else(
    prepared: tuple[EmbeddedServer, str],
) -> None:
    server, _ = prepared
    with psycopg.connect(**login(server, "seuil_worker"), dbname="seuil", autocommit=True) as worker:
        worker.execute("SET ROLE seuil_web")
    with psycopg.connect(**login(server, "seuil_web"), dbname="seuil", autocommit=True) as web:
        for role in (OWNER, "seuil_worker", "seuil_reporting", "seuil_treasury"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(f"SET ROLE {role}")


def test_a_superuser_prepares_from_many_processes_what_was_there_in_part(server: EmbeddedServer) -> None:
    server.start()
    with psycopg.connect(**login(server), dbname="postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE seuil")
    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(prepare_server, login(server), DATABASES) for _ in range(6)]:
            done.result(timeout=60)
    with as_role(server, OWNER) as connection:
        connection.execute("CREATE TABLE of_the_owner (n int)")
        connection.execute("CREATE EXTENSION btree_gist")
