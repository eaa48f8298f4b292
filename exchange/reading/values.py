"""The words shared by all readers: a raw cell, its text, and what makes it bad."""

import datetime as dt
import unicodedata
from typing import TypeAlias

RawCell: TypeAlias = str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None
"""What a CSV line or a workbook gives for one cell."""

SPREADSHEET_ERRORS = frozenset(
    {
        "#REF!",
        "#N/A",
        "#NA",
        "#VALEUR!",
        "#VALUE!",
        "#NOM?",
        "#NAME?",
        "#DIV/0!",
        "#NOMBRE!",
        "#NUM!",
        "#NUL!",
        "#NULL!",
    }
)
BLANK_TEXTS = frozenset({"", "-", "--", "–", "—", "/"})
READ_LENGTH = 80
NAME_LENGTH = 120


class BadValue(Exception):
    """A cell cannot be read. `expected` is French, completes « attendu : … » and quotes nothing of the cell."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


def cell_text(cell: RawCell) -> str:
    """The cell as a person sees it: French dates, no « .0 » behind whole numbers, spaces kept."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "VRAI" if cell else "FAUX"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.strftime("%d/%m/%Y" if cell.time() == dt.time() else "%d/%m/%Y %H:%M")
    if isinstance(cell, dt.date):
        return cell.strftime("%d/%m/%Y")
    return str(cell)


def is_blank(cell: RawCell) -> bool:
    """Nothing was written: empty, spaces, or the dash that people put instead of nothing."""
    if isinstance(cell, str):
        return not cell[:1].isalnum() and tidy(cell) in BLANK_TEXTS
    return cell is None


def is_error(cell: RawCell) -> bool:
    """The text that a spreadsheet leaves where it could not compute."""
    return isinstance(cell, str) and cell.strip().upper() in SPREADSHEET_ERRORS


def tidy(text: str) -> str:
    """NFC, invisible characters removed, every run of white space made one space, ends trimmed."""
    if text.isprintable():
        return " ".join(unicodedata.normalize("NFC", text).split())
    visible = "".join(char for char in unicodedata.normalize("NFC", text) if unicodedata.category(char) != "Cf")
    return " ".join(visible.split())


def has_control(text: str) -> bool:
    """True when a character could neither be shown nor stored (NUL among them)."""
    return not text.isprintable() and any(unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} for char in text)


def shown(text: str, length: int = READ_LENGTH) -> str:
    """A text from outside, made safe to show: one line, nothing invisible, cut with « … »."""
    plain = tidy("".join("\ufffd" if has_control(char) and not char.isspace() else char for char in text[: length * 8]))
    return plain if len(plain) <= length else plain[: length - 1] + "…"


def shown_name(name: str) -> str:
    """A file's name without its folders, safe to show. It is never used to open anything."""
    base = name.replace("\\", "/").rpartition("/")[2]
    return shown(base, NAME_LENGTH) or "fichier sans nom"
