"""Texts of cells: names, references, unique numbers, wordings of closed lists."""

import re
from collections.abc import Callable

from exchange.reading import codes
from exchange.reading.values import BadValue, RawCell, cell_text, has_control, tidy
from exchange.reading.words import fold

LONGEST_TEXT = 200
LONGEST_REFERENCE = 40
LONGEST_NUMBER = 40
UNIQUE_NUMBER = re.compile(r"[0-9][0-9AB][0-9AB](0[1-9]|1[0-2])\d{2}\d{6}[0-9A-Z]{5}", re.ASCII)
SEPARATORS = re.compile(r"[,;\n\r]+")


def text(cell: RawCell) -> str:
    """Any short text, tidied. Raises BadValue: too long, or with characters that cannot be shown."""
    written = cell_text(cell)
    if has_control("".join(written.split())):
        raise BadValue("un texte sans caractère de commande")
    tidied = tidy(written)
    if len(tidied) > LONGEST_TEXT:
        raise BadValue(f"un texte de {LONGEST_TEXT} caractères au plus")
    return tidied


def name(cell: RawCell) -> str:
    """The name of a person: a text with at least one letter. Raises BadValue."""
    if not isinstance(cell, str):
        raise BadValue("un nom en lettres")
    tidied = text(cell)
    if not any(char.isalpha() for char in tidied):
        raise BadValue("un nom en lettres")
    return tidied


def organisation(cell: RawCell) -> str:
    """The name of an organisation, which may be a number (« 115 »). Raises BadValue."""
    tidied = text(cell)
    if not any(char.isalnum() for char in tidied) or not isinstance(cell, str | int | float):
        raise BadValue("le nom d’un organisme")
    return tidied


def reference(cell: RawCell) -> str:
    """The reference of a situation, as written. Raises BadValue."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise BadValue("une référence, comme LDA-2024-001")
    tidied = text(cell)
    if len(tidied) > LONGEST_REFERENCE or not any(char.isalnum() for char in tidied):
        raise BadValue(f"une référence de {LONGEST_REFERENCE} caractères au plus, comme LDA-2024-001")
    return tidied


def reference_key(written: str) -> str:
    """References that differ only by case, accents, spaces or punctuation are the same."""
    return fold(written).replace(" ", "") or written


def unique_number(cell: RawCell) -> str:
    """A unique request number in capitals without spaces, whatever its form. Raises BadValue when too long."""
    number = "".join(text(cell).upper().split())
    if len(number) > LONGEST_NUMBER:
        raise BadValue(f"un numéro unique de {LONGEST_NUMBER} caractères au plus")
    return number


def is_usual_number(number: str) -> bool:
    """True for the 18 characters of the numbers seen so far: department, month and year, sequence, service."""
    return UNIQUE_NUMBER.fullmatch(number) is not None


def organisations(cell: RawCell) -> tuple[str, ...]:
    """The names of a list separated by commas, semicolons or line breaks, each once. Raises BadValue."""
    found = (text(part) for part in SEPARATORS.split(cell_text(cell)))
    return tuple(dict.fromkeys(part for part in found if part))


def coded(list_name: str) -> Callable[[RawCell], str]:
    """The parser of one closed list of codes.toml."""

    def parse(cell: RawCell) -> str:
        return codes.code(list_name, text(cell))

    return parse
