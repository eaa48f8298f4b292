"""Encrypted fields against OpenSSL, in one run: `python -m bench.vault`. Exit 1 when a goal is missed.

`seal` and `open` are those of the model field, key look-up included, one thread; the limit is `openssl speed`. The page
reads 50 rows × 12 fields from PostgreSQL. Everything happens in transactions that are rolled back.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any
from uuid import UUID, uuid4

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, SECONDS, PAGES = 3, 1, 40
GOALS = {50: 0.20, 2048: 0.33}
PAGE_GOAL_MS = 5.0
ROWS, FIELDS = 50, 12

Line = tuple[str, str, str, bool]


def prepare() -> None:
    """Start Django on an instance of its own."""
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.setdefault("SEUIL_ENV", "test")
    os.environ.setdefault("SEUIL_DATA", str(ROOT / ".local" / "bench"))
    os.environ.setdefault("SEUIL_DB_ROLE", "owner")
    import django

    from config.database import ensure_running

    ensure_running()
    django.setup()


def openssl(size: int) -> float:
    """Operations per second of `openssl speed` for blocks of `size` bytes."""
    command = ["openssl", "speed", "-aead", "-evp", "aes-256-gcm"]
    answer = subprocess.run(
        [*command, "-bytes", str(size), "-seconds", str(SECONDS)], capture_output=True, text=True, check=True
    )
    found = re.search(r"^AES-256-GCM\s+([\d.]+)k", answer.stdout, re.MULTILINE | re.IGNORECASE)
    if found is None:
        sys.exit("`openssl speed` did not answer as expected.")
    return float(found[1]) * 1000 / size


def rate(work: Callable[[], int]) -> float:
    """Operations per second of processor time (as `openssl speed` counts) of `work`, which says how many it did."""
    done, end, start = 0, perf_counter() + SECONDS, process_time()
    while perf_counter() < end:
        done += work()
    return done / (process_time() - start)


def fields_against_openssl(size: int) -> list[Line]:
    """Best of three of each, taken in turns."""
    from vault.fields import EncryptedText

    field: EncryptedText[Any, Any] = EncryptedText(label="bench.row.text", klass="IDENTITY")
    subjects = [uuid4() for _ in range(ROWS)]
    rows: list[tuple[UUID, UUID]] = [(subject, uuid4()) for subject in subjects for _ in range(10)]
    text = "x" * size
    sealed = [(field.seal(text, *row), *row) for row in rows]

    def seal() -> int:
        for subject, row in rows:
            field.seal(text, subject, row)
        return len(rows)

    def open_() -> int:
        for blob, subject, row in sealed:
            field.open(blob, subject, row)
        return len(rows)

    limit = sealing = opening = 0.0
    for _ in range(ROUNDS):
        limit, sealing, opening = max(limit, openssl(size)), max(sealing, rate(seal)), max(opening, rate(open_))
    goal = GOALS[size]
    return [
        (
            f"field.{act} {size} B",
            f"{each / limit:.1%} ({each / 1000:.0f} k/s of {limit / 1000:.0f} k/s)",
            f"≥ {goal:.0%}",
            each / limit >= goal,
        )
        for act, each in (("seal", sealing), ("open", opening))
    ]


def page_model() -> Any:
    """A row of twelve encrypted fields of three classes."""
    from vault.fields import EncryptedDate, EncryptedDecimal, EncryptedText
    from vault.models import Vaulted

    meta = type("Meta", (Vaulted.Meta,), {"app_label": "bench"})
    kinds = [EncryptedText, EncryptedText, EncryptedDate, EncryptedDecimal]
    classes = ["IDENTITY", "SOCIAL", "HEALTH"]
    fields = {f"f{n}": kinds[n % 4](label=f"bench.page.f{n}", klass=classes[n % 3], null=True) for n in range(FIELDS)}
    return type("Page", (Vaulted,), {"__module__": __name__, "Meta": meta, **fields})


def untouched(rows: list[Any]) -> None:
    """Read what the rows hold, without opening it."""
    for row in rows:
        state = row.__dict__
        for n in range(FIELDS):
            state[f"f{n}"]


def opened(rows: list[Any]) -> None:
    """Read every field."""
    for row in rows:
        for n in range(FIELDS):
            getattr(row, f"f{n}")


def page(model: Any) -> list[Line]:
    """What reading every field of a page adds, with keys in memory and with none: best median of three rounds."""
    from datetime import date
    from decimal import Decimal

    from vault import keys

    samples = ["Une phrase d’une cinquantaine de signes, à peu près.", "oui", date(1987, 6, 5), Decimal("1041.50")]
    model.objects.bulk_create(
        [model(subject_id=uuid4(), **{f"f{n}": samples[n % 4] for n in range(FIELDS)}) for _ in range(ROWS)]
    )

    def milliseconds(read: Callable[[list[Any]], None], *, cold: bool) -> float:
        times = []
        for _ in range(PAGES):
            rows = list(model.objects.all())
            if cold:
                keys.forget_all()
            start = perf_counter()
            read(rows)
            times.append((perf_counter() - start) * 1000)
        return median(times)

    lines: list[Line] = []
    for name, cold in (("keys in memory", False), ("and its keys, one query", True)):
        added = min(milliseconds(opened, cold=cold) - milliseconds(untouched, cold=False) for _ in range(ROUNDS))
        goal = None if cold else PAGE_GOAL_MS
        lines.append((f"page {ROWS} × {FIELDS}, {name}", f"{added:.1f} ms", *judged(added, goal)))
    return lines


def judged(milliseconds: float, goal: float | None) -> tuple[str, bool]:
    """The goal in words, and whether it is met; a measure without goal is told for itself."""
    return ("—", True) if goal is None else (f"≤ {goal:.0f} ms", milliseconds <= goal)


def measure() -> list[Line]:
    """Every line, in transactions that leave nothing behind."""
    from django.db import connections, transaction

    from vault.models import Dek

    lines: list[Line] = []
    with transaction.atomic(), transaction.atomic(using="keystore"):
        if Dek._meta.db_table not in connections["keystore"].introspection.table_names():
            with connections["keystore"].schema_editor() as editor:
                editor.create_model(Dek)
        for size in GOALS:
            lines += fields_against_openssl(size)
        model = page_model()
        with connections["default"].schema_editor() as editor:
            editor.create_model(model)
        lines += page(model)
        transaction.set_rollback(True)
        transaction.set_rollback(True, using="keystore")
    return lines


def main() -> int:
    """Print the table; 1 when a goal is missed."""
    if shutil.which("openssl") is None:
        print("La commande « openssl » manque : installez le paquet openssl.", file=sys.stderr)
        return 1
    prepare()
    lines = measure()
    print(f"{'measure':<38} {'measured':<36} {'goal':<8} met")
    for name, measured, goal, met in lines:
        print(f"{name:<38} {measured:<36} {goal:<8} {'' if goal == '—' else 'yes' if met else 'NO'}")
    return 0 if all(met for *_, met in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
