"""Import of a register: rows a second, and memory from 100 to many rows. `--full` goes to 10 000 rows.

Run by `make bench`, or `python -m bench.import_register [--full | --most ROWS]`. The rows are those of the
demonstration, told again under other references. Goals: 30 rows a second; memory flat (at most a quarter more,
whatever the length).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from bench.instance import ROOT, measured, prepare, report, start_django
from bench.memory import most_memory

REGISTER = ROOT / "exchange" / "demo_data" / "registre.csv"
SPEED_GOAL, MEMORY_GOAL = 30.0, 1.25


def register_of(rows: int, folder: str) -> Path:
    """A CSV register of so many rows, each with a reference of its own."""
    header, *lines = REGISTER.read_text(encoding="utf-8").splitlines()
    told = (f"B{rows}-{number:05d};{lines[number % len(lines)].partition(';')[2]}" for number in range(rows))
    path = Path(folder) / f"registre-{rows}.csv"
    path.write_text("\n".join([header, *told]) + "\n", encoding="utf-8")
    return path


def measure(rows: int) -> dict[str, float]:
    """Import so many new rows, in this process; seconds and peak memory (MB)."""
    start_django()
    from django.utils import timezone

    from exchange.operations import import_register
    from exchange.reading.register import open_register

    with tempfile.TemporaryDirectory() as folder:
        path = register_of(rows, folder)
        begun = time.perf_counter()
        done = import_register(open_register([(path.name, path)], today=timezone.localdate()), by=None)
        seconds = time.perf_counter() - begun
    if done.situations.created != rows:
        raise SystemExit(f"{done.situations.created} rows created out of {rows}")
    return {"seconds": seconds, "peak": most_memory() / 1024}


def main() -> int:
    """Measure in processes apart, and say which goals are met."""
    if len(sys.argv) > 2 and sys.argv[1] == "--rows":
        print(json.dumps(measure(int(sys.argv[2]))))
        return 0
    most = int(sys.argv[2]) if "--most" in sys.argv else 10_000 if "--full" in sys.argv else 1_000
    prepare()
    found = {rows: json.loads(measured("bench.import_register", "--rows", str(rows))) for rows in (100, most)}
    speed = most / found[most]["seconds"]
    growth = found[most]["peak"] / found[100]["peak"]
    return report(
        [
            (f"import of {most} rows", f"{speed:.1f} rows/s", "≥ 30", speed >= SPEED_GOAL),
            ("peak memory, 100 rows", f"{found[100]['peak']:.0f} MB", "", None),
            (f"peak memory, {most} rows", f"{found[most]['peak']:.0f} MB", "", None),
            ("growth of the peak", f"× {growth:.2f}", "≤ 1.25", growth <= MEMORY_GOAL),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
