"""Loading a population: households a second by the live operations and by COPY, in processes apart.

Run by `make bench`, or `python -m bench.population [--households N]`. Goal: 1 000 households a second by COPY, séances
and checks of foreign keys included. Beside each rate, the processor time of one household in Python.
"""

from __future__ import annotations

import json
import resource
import sys
import time

from bench.instance import measured, prepare, report, start_django

BY_OPERATIONS, BY_COPY = 200, 20_000
GOAL = 1000.0


def measure(households: int, seed: int, *, by_copy: bool) -> dict[str, float]:
    """Load so many new households; households a second, and milliseconds of Python for each."""
    start_django()
    from exchange.population import load_population

    begun = time.perf_counter()
    loaded = load_population(households, seed, by_copy=by_copy)
    seconds = time.perf_counter() - begun
    if loaded.dossiers != households:
        raise SystemExit(f"{loaded.dossiers} dossiers created out of {households}")
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    python = sum(each.ru_utime + each.ru_stime for each in used)
    return {"rate": households / seconds, "python": 1000 * python / households}


def main() -> int:
    """Measure, and say whether the goal is met."""
    if "--way" in sys.argv:
        way, households = sys.argv[2], int(sys.argv[3])
        print(json.dumps(measure(households, seed=households, by_copy=way == "copy")))
        return 0
    many = int(sys.argv[2]) if "--households" in sys.argv else BY_COPY
    prepare()
    slow = json.loads(measured("bench.population", "--way", "operations", str(BY_OPERATIONS)))
    fast = json.loads(measured("bench.population", "--way", "copy", str(many)))
    return report(
        [
            (f"by the operations, {BY_OPERATIONS} households", f"{slow['rate']:.1f}/s", "", None),
            ("Python, a household", f"{slow['python']:.1f} ms", "", None),
            (f"by COPY, {many} households", f"{fast['rate']:.0f}/s", "≥ 1000/s", fast["rate"] >= GOAL),
            ("Python, a household", f"{fast['python']:.2f} ms", "", None),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
