"""Nothing is said to a session of PostgreSQL beyond its transaction: the web keeps its connections (ADR 0033)."""

from __future__ import annotations

import re

import pytest

from config.environment import BASE_DIR

APPS = ("accounts", "audit", "cases", "commission", "config", "core", "desk", "exchange", "reporting", "vault")
ALONE = {"config/roles.py"}  # a connection of its own, which ends with what it does
LASTS = re.compile(
    r"""set_config\([^()]*(\([^()]*\)[^()]*)*,\s*false\s*\)|\bpg_advisory_lock(_shared)?\(|\bSET\s+SESSION\b
      |["'](LISTEN|SET)\s+(?!LOCAL\b|CONSTRAINTS\b|search_path\s+=)[a-z_]""",
    re.VERBOSE,
)


def test_no_statement_of_the_product_outlives_its_transaction() -> None:
    files = [path for app in APPS for path in (BASE_DIR / app).rglob("*.py")]
    assert len(files) > 300
    found = {
        str(path.relative_to(BASE_DIR)): match[0]
        for path in files
        if (match := LASTS.search(path.read_text(encoding="utf-8")))
    }
    assert found.keys() == ALONE, found


@pytest.mark.parametrize(
    "said",
    [
        "SELECT set_config('role', %s, false)",
        "SELECT set_config('seuil.actor', coalesce(x, ''), false)",
        'cursor.execute("SET statement_timeout = 0")',
        'cursor.execute("SET SESSION ROLE x")',
        'cursor.execute("LISTEN outbox")',
        'cursor.execute("SELECT pg_advisory_lock(1)")',
    ],
)
def test_what_would_is_seen(said: str) -> None:
    assert LASTS.search(said)


@pytest.mark.parametrize(
    "said",
    [
        "set_config('role', %s, true)",
        '"SET LOCAL ROLE none"',
        '"SET CONSTRAINTS ALL IMMEDIATE"',
        "pg_advisory_xact_lock(1)",
    ],
)
def test_what_does_not_is_let(said: str) -> None:
    assert not LASTS.search(said)
