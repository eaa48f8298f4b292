"""Words that have no place in an ordinary note: found as one types or after saving, with what to write instead.

A hint, never a block. One list, kept in the settings, told to the page as patterns: the text itself does not travel.
Patterns are read alike by Python and by browsers, on text folded letter by letter (`folded`).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.grants import require
from accounts.models import ListName, TextHint, User
from accounts.operations.lists import LISTS, keep_history
from core.errors import OperationRefused

MOST_WORDS = 200
SHAPES = {
    # numéro d’inscription au répertoire: sex, year, month, département, commune, order, and its key
    "{nir}": r"[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?(?:[0-9]{2}|2[ab]) ?[0-9]{3} ?[0-9]{3}(?: ?[0-9]{2})?",
    "{iban}": r"[a-z]{2}[0-9]{2}(?: ?[a-z0-9]{4}){3,7}(?: ?[a-z0-9]{1,3})?",
    "{telephone}": r"(?:[+]33 ?|0)[1-9](?:[ .-]?[0-9]{2}){4}",
    "{courriel}": r"[a-z0-9._%+-]+@[a-z0-9-]+(?:[.][a-z0-9-]+)+",
}
_EDGE_BEFORE, _EDGE_AFTER = r"(?<![a-z0-9])", r"(?![a-z0-9])"
_LINE = re.compile(r"[a-z0-9][a-z0-9' -]*[*]?")

FIRST = Path(__file__).with_name("hints.toml")


@dataclass(frozen=True, slots=True)
class Hint:
    """A family in use: what is looked for in folded text, what is said when it is found."""

    code: str
    pattern: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Met:
    """A word of a text, as it is written there, and what to write instead."""

    code: str
    word: str
    suggestion: str


def install_hints(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the known families exist; those that were edited stay as they are."""
    if connection.alias == "default":
        families = tomllib.loads(FIRST.read_text(encoding="utf-8"))["family"]
        TextHint.objects.bulk_create(
            (
                TextHint(**family | {"words": family["words"].strip()}, rank=10 * rank)
                for rank, family in enumerate(families, start=1)
            ),
            ignore_conflicts=True,
        )


def hints() -> list[Hint]:
    """The families in use, in their order: one query."""
    found = TextHint.objects.filter(is_active=True)
    return [Hint(each.code, pattern, each.suggestion) for each in found if (pattern := pattern_of(each.words))]


def met_in(text: str, among: list[Hint]) -> list[Met]:
    """What a text holds of those families, one word for each family, in the order of the text."""
    plain = folded(text)
    places = [(re.search(hint.pattern, plain), hint) for hint in among]
    found = sorted(((place, hint) for place, hint in places if place), key=lambda each: each[0].start())
    written = unicodedata.normalize("NFC", text)
    return [Met(hint.code, written[place.start() : place.end()], hint.suggestion) for place, hint in found]


def folded(text: str) -> str:
    """Letter for letter in lower case without accents, so that places in it are places in the text (in NFC)."""
    return "".join(_plain(letter) for letter in unicodedata.normalize("NFC", text))


def _plain(letter: str) -> str:
    if letter.isspace():
        return " "
    return "'" if letter == "’" else unicodedata.normalize("NFD", letter)[0].lower()[:1]


def pattern_of(words: str) -> str:
    """One pattern for all the lines; empty when there is none."""
    lines = [line for line in (folded(each).strip() for each in words.splitlines()) if line]
    found = [SHAPES[line] if line in SHAPES else _words(line) for line in lines]
    return f"{_EDGE_BEFORE}(?:{'|'.join(found)}){_EDGE_AFTER}" if found else ""


def _words(line: str) -> str:
    written = " +".join(re.escape(word) for word in line.split())
    return written.replace(r"\*", "[a-z]*").replace(r"\-", "-")


@transaction.atomic
def edit_hint(code: str, *, words: str, suggestion: str, is_active: bool, by: User) -> TextHint:
    """Change what a family looks for and what it says.

    Raises `NotAllowed`, `OperationRefused` for a line that is neither words nor a known shape, or nothing to say.
    """
    require(by, LISTS)
    hint = TextHint.objects.select_for_update().get(pk=code)
    before = _told(hint)
    hint.words, hint.suggestion, hint.is_active = _lines(words), " ".join(suggestion.split()), is_active
    if not hint.suggestion:
        raise OperationRefused("Écrivez ce que l’on propose d’écrire à la place.")
    hint.save(update_fields=["words", "suggestion", "is_active"])
    keep_history(ListName.HINT, code, before, _told(hint), by=by)
    return hint


def _lines(words: str) -> str:
    lines = list(dict.fromkeys(line for line in (" ".join(each.split()) for each in words.splitlines()) if line))
    if len(lines) > MOST_WORDS:
        raise OperationRefused(f"Gardez {MOST_WORDS} lignes au plus : au-delà, chaque note serait signalée.")
    for line in lines:
        if folded(line) not in SHAPES and not _LINE.fullmatch(folded(line)):
            raise OperationRefused(f"« {line} » : écrivez un mot par ligne, en lettres ; une étoile à la fin au plus.")
    return "\n".join(lines)


def _told(hint: TextHint) -> dict[str, str | int | bool]:
    return {"mots": ", ".join(hint.words.splitlines()), "conseil": hint.suggestion, "en usage": hint.is_active}
