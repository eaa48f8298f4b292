"""Files sealed by chunks against OpenSSL, in one run: `python -m bench.documents`. Exit 1 when a goal is missed.

20 MB by blocks of 64 KiB, as they come from a browser and from the disk; processor time, one thread. The limit is
`openssl speed` for blocks of that size. The memory is that of a process of its own, after a first small file.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

from bench.memory import most_memory

ROOT = Path(__file__).resolve().parent.parent
SIZE, BLOCK, ROUNDS = 20 * 1024 * 1024, 64 * 1024, 5
GOAL, MEMORY_GOAL = 0.40, 8.0  # of openssl; megabytes


def prepare() -> None:
    """Django, without a database: keys are in memory."""
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.setdefault("SEUIL_ENV", "test")
    os.environ.setdefault("SEUIL_DATA", str(ROOT / ".local" / "bench"))
    import django

    django.setup()


def openssl() -> float:
    """Megabytes per second of `openssl speed` for blocks of 64 KiB."""
    command = ["openssl", "speed", "-aead", "-evp", "aes-256-gcm", "-bytes", str(BLOCK), "-seconds", "1"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"^AES-256-GCM\s+([\d.]+)k", answer.stdout, re.MULTILINE | re.IGNORECASE)
    if found is None:
        sys.exit("`openssl speed` did not answer as expected.")
    return float(found[1]) / 1000


def rate(work: Callable[[], int]) -> float:
    """Megabytes per second of processor time of `work`, which says how many bytes it did."""
    start = process_time()
    done = work()
    return done / 1_000_000 / (process_time() - start)


def blocks(size: int) -> Iterator[bytes]:
    """So many bytes, made as they are asked for."""
    block = os.urandom(BLOCK)
    for _ in range(size // BLOCK):
        yield block


def through_a_file(size: int) -> int:
    """Seal to a file, open from it; how many bytes came back."""
    from vault.streams import passing_key

    key = passing_key("bench.memory")
    with tempfile.TemporaryFile() as file:
        for sealed in key.seal(blocks(size)):
            file.write(sealed)
        file.seek(0)
        return sum(len(chunk) for chunk in key.open(iter(lambda: file.read(BLOCK), b"")))


def memory() -> float:
    """Megabytes that 20 MB take, beyond what the process had."""
    through_a_file(2 * BLOCK)
    before = most_memory()
    if through_a_file(SIZE) != SIZE:
        sys.exit("What was sealed did not come back.")
    return (most_memory() - before) / 1024


def main() -> int:
    """Measure, and say whether the goals are met."""
    prepare()
    from vault.streams import passing_key

    used = memory()
    key = passing_key("bench.documents")
    data = list(blocks(SIZE))
    whole = list(key.seal(data))
    limit = sealing = opening = 0.0
    for _ in range(ROUNDS):
        limit = max(limit, openssl())
        sealing = max(sealing, rate(lambda: sum(len(chunk) for chunk in key.seal(data))))
        opening = max(opening, rate(lambda: sum(len(chunk) for chunk in key.open(whole))))
    met = True
    for name, each in (("seal", sealing), ("open", opening)):
        is_met = each / limit >= GOAL
        met &= is_met
        share = f"{each / limit:.1%} ({each:.0f} MB/s of {limit:.0f} MB/s)"
        print(f"documents.{name} 20 MB   {share:<36} ≥ {GOAL:.0%}   {'atteint' if is_met else 'MANQUÉ'}")
    is_met = used <= MEMORY_GOAL
    print(f"documents.memory 20 MB {f'{used:.1f} MB':<36} ≤ {MEMORY_GOAL:.0f} MB {'atteint' if is_met else 'MANQUÉ'}")
    return 0 if met and is_met else 1


if __name__ == "__main__":
    sys.exit(main())
