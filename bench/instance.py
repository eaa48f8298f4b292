"""A scratch instance for the measures that need a database: its own folder, migrated and emptied.

`SEUIL_BENCH_DATA` names another folder than `.local/bench`; never that of an instance that one wants to keep.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("SEUIL_BENCH_DATA") or ROOT / ".local" / "bench")


def environment(role: str) -> dict[str, str]:
    """The environment of a process of the scratch instance, under one role of PostgreSQL."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SEUIL_", "DATABASE_URL"))}
    return {**kept, "SEUIL_ENV": "demo", "SEUIL_DATA": str(DATA), "SEUIL_DB_ROLE": role}


def prepare() -> None:
    """Migrate the scratch instance and empty it."""
    for command in (["migrate", "--verbosity", "0"], ["flush", "--no-input", "--verbosity", "0"]):
        subprocess.run([sys.executable, str(ROOT / "manage.py"), *command], env=environment("owner"), check=True)


def measured(module: str, *arguments: str, role: str = "worker") -> str:
    """Run a module of this folder in a process of its own, under this role; its standard output."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment(role), check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def start_django() -> None:
    """Django, in a measured process."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    from config.database import ensure_running

    ensure_running()
    import django

    django.setup()


def report(rows: list[tuple[str, str, str, bool | None]]) -> int:
    """Print measure, result, goal and whether it is met; the exit status."""
    for name, result, goal, met in rows:
        said = "" if met is None else "atteint" if met else "MANQUÉ"
        print(f"{name:<52} {result:>18} {goal:>16}  {said}")
    return 1 if any(met is False for *_, met in rows) else 0
