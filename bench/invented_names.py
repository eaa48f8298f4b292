"""Invented persons of five origins, by the hundred thousand, and the ways in which their names are misspelt.

Surnames are made of a stem and an ending that sound like their origin; a few are borne by many, most by few. First
names are common ones. `misspell()` applies documented rules, those that a desk, a telephone or another alphabet make;
`BY_HAND` gives pairs that no rule made. All of it is in `invented_names.toml`. Nobody is described here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

ORIGINS = ("français", "arabe", "portugais", "turc", "slave")
SHARES = (58, 20, 8, 7, 7)
TOLD = tomllib.loads((Path(__file__).parent / "invented_names.toml").read_text())
RULES: dict[str, list[tuple[str, str]]] = {origin: TOLD["rules"][origin]["rules"] for origin in ORIGINS}
BY_HAND: list[tuple[str, str, str]] = TOLD["by_hand"]["pairs"]
AZERTY = {"a": "zq", "e": "zr", "i": "uo", "o": "ip", "r": "et", "t": "ry", "s": "qd", "n": "b", "l": "km", "m": "l"}


@dataclass(frozen=True, slots=True)
class Invented:
    """A person who does not exist."""

    origin: str
    last: str
    first: str
    born: date
    number: str


def invented(count: int, seed: int) -> Iterator[Invented]:
    """So many persons, the same for the same seed."""
    rng = Random(seed)  # noqa: S311  a population, not a secret
    for place in range(count):
        origin = rng.choices(ORIGINS, SHARES)[0]
        stems, endings, firsts = (TOLD[origin][part] for part in ("stems", "endings", "firsts"))
        # squared: the first ones of each list are borne by more people, as surnames are
        last = stems[int(len(stems) * rng.random() ** 1.4)] + endings[int(len(endings) * rng.random() ** 1.4)]
        if rng.random() < 0.06:
            last += "-" + rng.choice(stems).strip("- ") + rng.choice(endings)
        last = re.sub(r"(?<=[- '])\w", lambda letter: letter[0].upper(), last)
        born = date(1944, 1, 1) + timedelta(days=rng.randrange(23_000))
        yield Invented(origin, last, rng.choice(firsts), born, f"073{born:%m%y}{place % 1_000_000:06d}XTEST")


def misspell(rng: Random, who: Invented) -> str:
    """What somebody types of this name: one or two rules on the surname, now and then one on the first name.

    One surname in four also takes a slip of the fingers; one typing in three puts the first name first; one in four
    gives the surname alone.
    """
    last = who.last
    for _ in range(rng.choice((1, 1, 2))):
        last = _heard(rng, who.origin, last)
    if rng.random() < 0.25 or last == who.last:
        last = _slip(rng, last)
    if rng.random() < 0.25:
        return last
    first = _heard(rng, who.origin, who.first) if rng.random() < 0.4 else who.first
    return f"{first} {last}" if rng.random() < 0.33 else f"{last} {first}"


def _heard(rng: Random, origin: str, name: str) -> str:
    """One rule of its origin, drawn among those that change the name; else its accents are lost."""
    found = [told for pattern, heard in RULES[origin] if (told := re.sub(pattern, heard, name, count=1)) != name]
    return rng.choice(found) if found else name.translate(str.maketrans("éèêëïîôçãõ", "eeeeiiocao"))


def _slip(rng: Random, name: str) -> str:
    """Two letters exchanged, one left out, doubled, or the key beside; never the first."""
    at = rng.randrange(1, max(2, len(name) - 1))
    kind = rng.choice(["exchange", "leave", "double", "beside"])
    if kind == "exchange" and at + 1 < len(name):
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    if kind == "leave":
        return name[:at] + name[at + 1 :]
    if kind == "beside" and name[at] in AZERTY:
        return name[:at] + rng.choice(AZERTY[name[at]]) + name[at + 1 :]
    return name[:at] + name[at] + name[at:]
