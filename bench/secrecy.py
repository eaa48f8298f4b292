"""What secrecy costs: list, dossier and home pages, sealed and scoped, against a copy in clear that everybody may read.

Run by `make bench`, or `python -m bench.secrecy [--dossiers N]`. Both sides run the same views and templates over the
same dossiers, in the same run. On the plain side the vault, the grants and row security are taken out: fields read
native columns of a copy (schema `plain`), `visible` shows everything, the owner of the tables asks. Keys are forgotten
before each page: nothing is in memory. Only what the pages show is copied in clear; the other rows are there, empty,
which favours the plain side. The two sides answer in turns, page by page, so that what else the machine does weighs on
both. Goals: at most 1.5 times or 20 ms more, the same number of statements, at most 12.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from decimal import Decimal
from typing import Any

from bench.instance import ROOT, environment, prepare, report, start_django

MANY, RUNS = 100_000, 15
MOST_STATEMENTS, MOST_TIMES, MOST_MORE = 12, 1.5, 20.0
LIST = "/dossiers/?lignes=50"
PAGES = ("list", "dossier", "home")
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


def serve() -> None:
    """Answer what `Side.ask` asks, one page at a time, as the referent: a line of JSON for each line read."""
    from django.test import Client

    from accounts.models import User
    from cases.dossiers.models import Dossier

    client = Client()
    client.force_login(User.objects.get(email="siao@seuil.example"))
    shown = Dossier.objects.filter(state="EN_SUIVI").order_by("reference")[0]
    addresses = {"list": LIST, "dossier": f"/dossiers/{shown.pk}/", "home": "/"}
    for line in sys.stdin:
        what, name = line.split()
        found = _milliseconds(client, addresses[name]) if what == "time" else _statements(client, addresses[name])
        print(json.dumps(found), flush=True)


def _milliseconds(client: Any, address: str) -> float:
    from vault import keys

    keys.forget_all()
    begun = time.perf_counter()
    answer = client.get(address)
    taken = (time.perf_counter() - begun) * 1000
    if answer.status_code != 200:
        raise SystemExit(f"{address} answered {answer.status_code}")
    return taken


def _statements(client: Any, address: str) -> tuple[int, int]:
    """Those of the page, and those that bring keys."""
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    with (
        CaptureQueriesContext(connections["default"]) as told,
        CaptureQueriesContext(connections["keystore"]) as wrapped,
    ):
        _milliseconds(client, address)
    frame = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return len([query for query in told if not query["sql"].startswith(frame)]), len(wrapped)


class Side:
    """One of the two sides: a process that answers pages when it is asked."""

    def __init__(self, task: str, role: str) -> None:
        command = [sys.executable, "-m", "bench.secrecy", "--task", task, "0"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment(role), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.times: dict[str, list[float]] = {name: [] for name in PAGES}
        self.counts: dict[str, tuple[int, int]] = {}

    def time(self, name: str) -> None:
        """One page more."""
        self.times[name].append(self._ask("time", name))

    def count(self, name: str) -> None:
        """Its statements."""
        statements, keys = self._ask("count", name)
        self.counts[name] = statements, keys

    def median(self, name: str) -> float:
        """Milliseconds."""
        return statistics.median(self.times[name][1:])

    def end(self) -> None:
        """No more pages."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, what: str, name: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what} {name}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{name}: no answer")
        return json.loads(line)


def in_turns(runs: int) -> tuple[Side, Side]:
    """Both sides, each page `runs` times; who begins changes each time, and first pages are not counted."""
    plain, secret = Side("plain", "owner"), Side("secret", "worker")
    try:
        for run in range(runs + 1):
            for name in PAGES:
                for side in (plain, secret) if run % 2 else (secret, plain):
                    side.time(name)
        for side in (plain, secret):
            for name in PAGES:
                side.count(name)
    finally:
        for side in (plain, secret):
            side.end()
    return plain, secret


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
    """The rows of these dossiers, in clear; those of a model that no dossier holds stay empty."""
    path = _path_to_dossier(model)
    if path is None:
        return
    values = ", ".join(f'"{name}" = %s' for name in sealed)
    for row in model._default_manager.filter(**{f"{path}__in": shown}).distinct():
        said = [getattr(row, name) for name in sealed]
        cursor.execute(f'UPDATE plain."{model._meta.db_table}" SET {values} WHERE id = %s', [*said, row.pk])  # noqa: S608


def _path_to_dossier(model: Any) -> str | None:
    """How a look-up goes from a row to its dossier (`evaluation__dossier`), the shortest way; None when none does.

    Foreign keys are followed first, then one of those that come from elsewhere (a person, by her participations).
    """
    from cases.dossiers.models import Dossier

    ways, met = [("", model)], {model}
    for way, here in ways:
        ahead = [field for field in here._meta.get_fields() if field.many_to_one or field.one_to_one]
        behind = [field for field in here._meta.get_fields() if field.one_to_many] if here is model else []
        for field in sorted(ahead, key=lambda each: each.related_model is not Dossier) + behind:
            step = f"{way}{field.name}"
            if field.related_model is Dossier:
                return step
            if isinstance(field.related_model, type) and field.related_model not in met:
                met.add(field.related_model)
                ways.append((f"{step}__", field.related_model))
    return None


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
    from core.db import base, together
    from vault.fields import EncryptedField
    from vault.rows import Vaulted, VaultQuerySet, sealed_fields

    with connection.cursor() as cursor:
        cursor.execute("SET search_path TO plain, public")
    vars(base)["WEB_ROLE"] = "seuil_owner"
    vars(grants)["visible"] = lambda queryset, user, of="": queryset
    EncryptedField.from_db_value = lambda self, value, expression, connection: value  # type: ignore[method-assign]
    EncryptedField.db_type = lambda self, connection: NATIVE[type(self).__name__]  # type: ignore[method-assign]
    together.READ["numeric"] = lambda said: Decimal(str(said))
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
            cursor.execute("VACUUM ANALYZE")  # as autovacuum does in time
        copy_in_clear()
    else:
        if task == "plain":
            take_secrecy_out()
        serve()


def main() -> int:
    """Load, measure both sides, and say which goals are met."""
    if "--task" in sys.argv:
        work(sys.argv[2], int(sys.argv[3]))
        return 0
    count = sys.argv[2] if "--dossiers" in sys.argv else str(MANY)
    prepare()
    run_as("worker", "--task", "load", count)
    run_as("owner", "--task", "analyze", count)
    plain, secret = in_turns(RUNS)
    rows: list[tuple[str, str, str, bool | None]] = []
    for name in PAGES:
        clear, mine = plain.median(name), secret.median(name)
        limit = max(MOST_TIMES * clear, clear + MOST_MORE)
        rows.append(
            (f"{name}, {count} dossiers", f"{mine:.0f} ms against {clear:.0f}", f"≤ {limit:.0f} ms", mine <= limit)
        )
        (without, _), (statements, keys) = plain.counts[name], secret.counts[name]
        same = statements == without and statements + keys <= MOST_STATEMENTS
        rows.append((f"{name}, statements", f"{statements} against {without}, keys {keys}", "the same, ≤ 12", same))
    return report(rows)


if __name__ == "__main__":
    sys.exit(main())
