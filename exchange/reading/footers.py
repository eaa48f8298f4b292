"""Rows that are no situation: totals, notes, titles, headers again. A name without a reference is not one of them."""

import re
from collections.abc import Sequence

from exchange.reading.columns import Header
from exchange.reading.values import RawCell, cell_text, is_blank
from exchange.reading.words import fold

FOOTER = re.compile(
    r"(?:sous )?tota(?:l|ux)\b|soit un total\b|somme\b|moyennes?\b|effectif\b|(?:nombre|nb) (?:de|total|situations?)\b"
    r"|(?:fait|edite|imprime|extrait|mis a jour|mise a jour|maj|arrete) (?:le|a|au|du)\b|sources?\b|notes?\b"
    r"|legende\b|nota\b|page \d|fin du (?:tableau|registre)\b|document\b|confidentiel\b|signature\b",
    re.ASCII,
)
YEAR = re.compile(r"(?:19|20)\d{2}", re.ASCII)
KEYS = {"situations": "reference", "seances": "held_on", "si_siao": "number"}
"""The column without which a short row states nothing."""
WORD_LETTERS = 4
LONGEST_ALONE = 40
FEW_CELLS = 3


def is_footer(header: Header, values: Sequence[RawCell]) -> bool:
    """True for a row to leave out: empty, a total, a note, a title between two parts of the table."""
    filled = [cell for cell in values if not is_blank(cell)]
    if not filled or _repeats_header(header, values):
        return True
    key = KEYS[header.kind]
    says_footer = FOOTER.match(_folded(filled[0])) is not None
    if says_footer and all(map(_is_figure, filled[1:])):
        return True  # figures stand under any column, a first name's too
    if _names_something(header, values):
        return False
    if says_footer and len(filled) <= FEW_CELLS:
        return True
    if is_blank(_cell(header, values, key)):
        return len(filled) <= FEW_CELLS
    return len(filled) == 1 and _is_title(filled[0])


def _names_something(header: Header, values: Sequence[RawCell]) -> bool:
    """A person in a register, a place in a list of séances: the row states something, whatever it lacks."""
    if header.kind == "seances":
        return not is_blank(_cell(header, values, "place")) and not _is_figure(_cell(header, values, "place"))
    if any(not is_blank(_cell(header, values, meaning)) for meaning in ("first_name", "birth_date")):
        return True
    last_name = _cell(header, values, "last_name")
    return not (is_blank(last_name) or _is_figure(last_name) or FOOTER.match(_folded(last_name)))


def _is_title(cell: RawCell) -> bool:
    """A text alone in its row that is no reference: a year, a long text, or words rather than signs."""
    text = cell_text(cell).strip()
    words = text.split()
    told = len(words) > 1 and any(word.isalpha() and len(word) >= WORD_LETTERS for word in words)
    return told or len(text) > LONGEST_ALONE or not any(map(str.isdigit, text)) or YEAR.fullmatch(text) is not None


def _is_figure(cell: RawCell) -> bool:
    return not any(char.isalpha() for char in cell_text(cell).replace("€", ""))


def _repeats_header(header: Header, values: Sequence[RawCell]) -> bool:
    texts = tuple(cell_text(cell).strip() for cell in values)
    return texts == header.cells[: len(texts)] and any(texts)


def _cell(header: Header, values: Sequence[RawCell], meaning: str) -> RawCell:
    column = header.columns.get(meaning)
    return values[column.index] if column and column.index < len(values) else None


def _folded(cell: RawCell) -> str:
    return fold(cell_text(cell))
