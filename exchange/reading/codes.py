"""Closed lists: what people write, and the code that we keep. The lists are data, in codes.toml."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from exchange.reading.values import BadValue
from exchange.reading.words import fold, loose_key

CODES_FILE = Path(__file__).with_name("codes.toml")
ETHOS_CODE = re.compile(r"(?:ethos\s*:?\s*)?(1[0-3]|[1-9])(?:[.,]\d)?(?![\d.,])", re.ASCII | re.IGNORECASE)
JOINED = re.compile(r"\s*(?:[+/&,;]|\bet\b)\s*")
TAIL = re.compile(r"\s*[:(–—]\s*")
NOTE = re.compile(r"\s*\([^()]*\)\s*$")
CHILDREN = re.compile(r"(?:\+|\bavec\b|\bet\b|,)?\s*\b(\d{1,2})\s*enfants?\b", re.IGNORECASE)
ADJOURNED_WORDS = ("ajourne", "ajournee", "ajournement", "ajournes", "ajournees")
LISTS = frozenset(
    (
        "sex",
        "household_type",
        "resource",
        "suite",
        "motive",
        "decision",
        "lease_kind",
        "parc",
        "measure",
        "outcome",
        "event",
    )
)
"""Columns whose values are codes of the list of the same name."""
RELOCATED = "REORIENTATION_PENSION_FAMILLE"


@dataclass(frozen=True, slots=True)
class CodeList:
    """One closed list: wordings (by their loose key) to codes, and the wordings to show."""

    by_key: dict[str, str]
    labels: tuple[str, ...]
    words: dict[str, str]  # each code's wording to show

    def expected(self) -> str:
        """The French end of « attendu : … »."""
        return "l’une des valeurs : " + ", ".join(self.labels)


@cache
def code_list(name: str) -> CodeList:
    """The list of that name in codes.toml. Raises KeyError when there is none, ValueError for a wording given twice."""
    with CODES_FILE.open("rb") as source:
        wordings: dict[str, list[str]] = tomllib.load(source)[name]
    by_key: dict[str, str] = {}
    for code, texts in wordings.items():
        for text in texts:
            if by_key.setdefault(loose_key(text), code) != code:
                raise ValueError(f"codes.toml, [{name}]: “{text}” stands for two codes")
    words = {code: texts[0] for code, texts in wordings.items()}
    return CodeList(by_key, tuple(words.values()), words)


def label_of(column: str, value: str) -> str:
    """The wording to show for a code of the list of that column; the value itself where there is no list."""
    return code_list(column).words.get(value, value) if column in LISTS else value


def find(name: str, text: str) -> str | None:
    """The code of a wording, or None; a question mark is a doubt, which has no code."""
    return None if "?" in text else code_list(name).by_key.get(loose_key(text))


def code(name: str, text: str) -> str:
    """The code of a wording, or of the code itself; a note in parentheses at the end does not count.

    Raises BadValue listing what is known.
    """
    found = find(name, text) or _written_as_code(name, text) or find(name, NOTE.sub("", text))
    if found is None:
        raise BadValue(code_list(name).expected())
    return found


def resource(text: str) -> str:
    """The nature of resources; several known ones joined (« RSA + activité ») are MIXTE. Raises BadValue."""
    found = find("resource", text)
    if found is not None:
        return found
    parts = {find("resource", part) for part in JOINED.split(text)}
    if len(parts) > 1 and None not in parts:
        return "MIXTE"
    return code("resource", text)


def measure(text: str) -> str | None:
    """The kind of a support measure, or None for a single one that no list knows. Raises BadValue for several."""
    found = find("measure", text) or _written_as_code("measure", text) or find("measure", NOTE.sub("", text))
    parts = [part for part in JOINED.split(text) if part.strip()]
    if found is None and len(parts) > 1 and any(find("measure", part) for part in parts):
        raise BadValue("un seul accompagnement ; inscrivez les autres dans le dossier")
    if found is None and "?" in text:
        raise BadValue(code_list("measure").expected())
    return found


def is_adjourned(text: str) -> bool:
    """True when the motive begins with « ajournée »: such a motive wins over the column « Suite »."""
    return fold(text).split(" ", 1)[0] in ADJOURNED_WORDS


def motive(text: str, *, adjourned: bool) -> tuple[str, str | None]:
    """Code of a motive, and the text itself when it says more than the code does.

    `adjourned`: the column « Suite » says so, the motive need not repeat it. « a quitté le département : Isère » is
    known by what stands before « : ». Raises BadValue: a motive outside the list is not kept, it may name somebody.
    """
    if is_adjourned(text):
        found = find("motive", text)
        return (found, None) if found else ("AJOURNE_AUTRE", text)
    if adjourned:
        found = find("motive", f"ajournée : {text}")
        return (found, None) if found else ("AJOURNE_AUTRE", text)
    known = find("motive", text) or _written_as_code("motive", text)
    head = TAIL.split(text, maxsplit=1)[0]
    if known is None and (known := find("motive", head)) is not None:
        return known, text
    return known or code("motive", text), None


def household(text: str) -> tuple[str, int | None]:
    """Code of a composition, and its number of children when it is said: « femme + 2 enfants ». Raises BadValue."""
    told = CHILDREN.search(text)
    if told is None:
        return code("household_type", text), None
    count = int(told[1])
    words = "avec enfants" if count else "sans enfant"
    return code("household_type", f"{text[: told.start()]} {words} {text[told.end() :]}".strip()), count


def outcome(text: str) -> tuple[str, str | None]:
    """Code of an outcome, and the motive of a move to a pension de famille when it is said. Raises BadValue."""
    found = find("outcome", text)
    if found is not None:
        return found, None
    head, *tail = TAIL.split(text.rstrip(" )"), maxsplit=1)
    if tail and (known := find("outcome", head)) is not None:
        return known, find("outcome_motive", tail[0]) if known == RELOCATED else None
    return code("outcome", text), None


def ethos(text: str) -> str:
    """The text as written, once its ETHOS category is certain. Raises BadValue."""
    if ethos_category(text) is None:
        raise BadValue("une situation qui commence par son code ETHOS de 1 à 13, comme « 2.1 hébergement d’urgence »")
    return text


def ethos_category(text: str) -> int | None:
    """The category 1 to 13: its code at the beginning of the text, else the only one that the words fit."""
    if found := ETHOS_CODE.match(text):
        return int(found[1])
    known = code_list("ethos").by_key
    if exact := known.get(loose_key(text)):
        return int(exact)
    words = set(loose_key(text).split())
    fitting = {category for key, category in known.items() if len(key) > 3 and words.issuperset(key.split())}
    return int(fitting.pop()) if len(fitting) == 1 else None


def _written_as_code(name: str, text: str) -> str | None:
    candidate = "" if "?" in text else fold(text).upper().replace(" ", "_")
    return candidate if candidate in code_list(name).by_key.values() else None
