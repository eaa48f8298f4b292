"""What secrecy costs: list, dossier and home pages, sealed and scoped, against a copy in clear that everybody may read.

Run by `make bench`, or `python -m bench.secrecy [--dossiers N]`. Both sides run the same views and templates over the
same dossiers, in the same run. On the plain side the vault, the grants and row security are taken out: fields read
native columns of a copy (schema `plain`), `visible` shows everything, the owner of the tables asks. Keys are forgotten
before each page: nothing is in memory. Only what the pages show is copied in clear; the other rows are there, empty,
which favours the plain side. Goals: at most 1.5 times or 20 ms more, the same number of statements, at most 12.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import Any

from bench.instance import ROOT, environment, prepare, report, start_django

MANY, RUNS = 100_000, 15
MOST_STATEMENTS, MOST_TIMES, MOST_MORE = 12, 1.5, 20.0
LIST = "/dossiers/?lignes=50"
NATIVE = {"EncryptedText": "text", "EncryptedDate": "date", "EncryptedDecimal": "numeric"}


def run_as(role: str, *arguments: str) -> str:
    """This module in a process of its own, under one role; its standard output."""
    command = [sys.executable, "-m", "bench.secrecy", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment(role), check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def load(count: int) -> None:
    """So many dossiers, by COPY, and statistics for the planner."""
    from accounts.demo import install_cast
    from exchange.population import load_population

    install_cast(password=None)
    load_population(count, 1, by_copy=True)


def pages() -> dict[str, dict[str, float]]:
    """Statements and median milliseconds of each page, for the referent."""
    from django.db import connections
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User
    from cases.dossiers.models import Dossier
    from vault import keys

    client = Client()
    client.force_login(User.objects.get(email="siao@seuil.example"))
    shown = Dossier.objects.filter(state="EN_SUIVI").order_by("reference")[0]
    found = {}
    for name, address in (("list", LIST), ("dossier", f"/dossiers/{shown.pk}/"), ("home", "/")):
        times = []
        for _ in range(RUNS):
            keys.forget_all()
            begun = time.perf_counter()
            answer = client.get(address)
            times.append((time.perf_counter() - begun) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{name} answered {answer.status_code}")
        with (
            CaptureQueriesContext(connections["default"]) as told,
            CaptureQueriesContext(connections["keystore"]) as wrapped,
        ):
            keys.forget_all()
            client.get(address)
        frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
        asked = [query["sql"] for query in told if not query["sql"].startswith(frame)]
        found[name] = {"ms": statistics.median(times), "statements": len(asked), "keys": len(wrapped)}
    return found


def copy_in_clear() -> None:
    """The schema `plain`: the vaulted tables with native columns, filled for the dossiers that the pages show."""
    from django.apps import apps
    from django.db import connection

    from vault.rows import Vaulted, sealed_fields

    shown = _shown()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS plain CASCADE; CREATE SCHEMA plain")
        for model in apps.get_models():
            if not issubclass(model, Vaulted) or model._meta.app_label == "exchange":
                continue
            table, sealed = model._meta.db_table, sealed_fields(model)
            cursor.execute(f'CREATE TABLE plain."{table}" (LIKE public."{table}" INCLUDING INDEXES)')
            for name in sealed:
                kind = NATIVE[type(model._meta.get_field(name)).__name__]
                cursor.execute(
                    f'ALTER TABLE plain."{table}" ALTER "{name}" DROP NOT NULL, '
                    f'ALTER "{name}" TYPE {kind} USING NULL::{kind}'
                )
            open_names = ", ".join(f'"{f.column}"' for f in model._meta.concrete_fields if f.attname not in sealed)
            cursor.execute(f'INSERT INTO plain."{table}" ({open_names}) SELECT {open_names} FROM public."{table}"')  # noqa: S608
            _fill(cursor, model, list(sealed), shown)
            cursor.execute(f'ANALYZE plain."{table}"')


def _fill(cursor: Any, model: Any, sealed: list[str], shown: list[Any]) -> None:
    path = "participations__dossier__in" if model._meta.model_name == "person" else "dossier__in"
    values = ", ".join(f'"{name}" = %s' for name in sealed)
    for row in model._default_manager.filter(**{path: shown}).distinct():
        said = [getattr(row, name) for name in sealed]
        cursor.execute(f'UPDATE plain."{model._meta.db_table}" SET {values} WHERE id = %s', [*said, row.pk])  # noqa: S608


def _shown() -> list[Any]:
    """The dossiers of the pages: found by asking them, as the referent does."""
    import re
    from uuid import UUID

    from django.test import Client

    from accounts.models import User

    client = Client()
    client.force_login(User.objects.get(email="siao@seuil.example"))
    from cases.dossiers.models import Dossier

    first = Dossier.objects.filter(state="EN_SUIVI").order_by("reference")[0]
    text = "".join(client.get(address).content.decode() for address in (LIST, "/"))
    return [first.pk, *{UUID(found) for found in re.findall(r"/dossiers/([0-9a-f-]{36})/", text)}]


def take_secrecy_out() -> None:
    """No vault, no grant, no row security in this process."""
    from django.apps import apps
    from django.db import connection, models
    from django.db.models.query_utils import DeferredAttribute

    from accounts import grants
    from core.db import base
    from vault.fields import EncryptedField
    from vault.rows import Vaulted, VaultQuerySet, sealed_fields

    with connection.cursor() as cursor:
        cursor.execute("SET search_path TO plain, public")
    vars(base)["WEB_ROLE"] = "seuil_owner"
    grants.visible = lambda queryset, user: queryset
    EncryptedField.from_db_value = lambda self, value, expression, connection: value  # type: ignore[method-assign]
    Vaulted.from_db = models.Model.__dict__["from_db"]  # type: ignore[method-assign]
    VaultQuerySet._fetch_all = models.QuerySet._fetch_all  # type: ignore[method-assign]
    for model in apps.get_models():
        if issubclass(model, Vaulted):
            for name in sealed_fields(model):
                field: Any = model._meta.get_field(name)
                setattr(model, name, DeferredAttribute(field))


def work(task: str, count: int) -> None:
    """One of the processes."""
    start_django()
    if task == "load":
        load(count)
    elif task == "analyze":
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        copy_in_clear()
    else:
        if task == "plain":
            take_secrecy_out()
        print(json.dumps(pages()))


def main() -> int:
    """Load, measure both sides, and say which goals are met."""
    if "--task" in sys.argv:
        work(sys.argv[2], int(sys.argv[3]))
        return 0
    count = sys.argv[2] if "--dossiers" in sys.argv else str(MANY)
    prepare()
    run_as("worker", "--task", "load", count)
    run_as("owner", "--task", "analyze", count)
    plain = json.loads(run_as("owner", "--task", "plain", count))
    secret = json.loads(run_as("worker", "--task", "secret", count))
    rows: list[tuple[str, str, str, bool | None]] = []
    for name, clear in plain.items():
        mine = secret[name]
        limit = max(MOST_TIMES * clear["ms"], clear["ms"] + MOST_MORE)
        times = f"{mine['ms']:.0f} ms against {clear['ms']:.0f}"
        rows.append((f"{name}, {count} dossiers", times, f"≤ {limit:.0f} ms", mine["ms"] <= limit))
        asked = f"{mine['statements']} against {clear['statements']}, keys {mine['keys']}"
        same = mine["statements"] == clear["statements"] and mine["statements"] + mine["keys"] <= MOST_STATEMENTS
        rows.append((f"{name}, statements", asked, "the same, ≤ 12", same))
    return report(rows)


if __name__ == "__main__":
    sys.exit(main())
