"""Sheets whose columns a person may tell: their headers, the shape of their cells, and what they seem to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from exchange.reading.columns import (
    KINDS,
    MEANT,
    Correspondence,
    Kind,
    Unrecognised,
    find_header,
    guessed,
    header_key,
    header_score,
    told_header,
    vocabulary,
)
from exchange.reading.files import Sheet, Source, open_file
from exchange.reading.limits import HEADER_ROWS
from exchange.reading.values import RawCell, cell_text, is_blank, shown

LOOKED_AT = 40  # rows under the headers whose shapes are shown
SHAPES = 3
LONGEST_SHAPE = 16
KEPT_SIGNS = frozenset(" -/.,'’():€%+")
NOT_KNOWN = "Ses en-têtes ne sont pas reconnus."


@dataclass(frozen=True, slots=True)
class Unknown:
    """A sheet, the row of its headers (from 1), its headers as written, the meanings guessed by place (from 0).

    `reason` says why it is not read as it is; "" when it is.
    """

    sheet: Sheet
    row: int
    headers: tuple[str, ...]
    guess: Mapping[int, str]
    reason: str
    kind: Kind = MEANT

    def columns(self) -> list[tuple[int, str, list[str]]]:
        """Place, header, and the shapes of a few cells, of each column that a person may tell: no value is shown."""
        under = [cells for number, cells in islice(self.sheet.rows(), self.row + LOOKED_AT) if number > self.row]
        told: set[str] = set()
        found = []
        for index, text in enumerate(self.headers):
            if text and header_key(text) not in told:
                told.add(header_key(text))
                found.append((index, shown(text), _shapes(under, index)))
        return found

    def told(self, meanings: Mapping[int, str]) -> Correspondence:
        """What a person tells of this sheet, as it is remembered. Raises Unrecognised when a column is missing."""
        keys = frozenset(header_key(text) for text in self.headers if text)
        columns = {header_key(self.headers[index]): meaning for index, meaning in meanings.items()}
        correspondence = Correspondence(keys, columns, self.kind)
        told_header(self.row, self.headers, correspondence, self.sheet.place())
        return correspondence


def unknown_sheets(
    files: Iterable[tuple[str, Source]], told: Sequence[Correspondence] = (), kind: Kind = MEANT
) -> list[Unknown]:
    """The sheets of these files whose columns may be told, those of this kind that are read already among them.

    Raises OperationRefused: see files.open_file.
    """
    sheets = [sheet for name, source in files for sheet in open_file(name, source) if not sheet.is_hidden]
    return [found for sheet in sheets if (found := _unknown(sheet, told, kind))]


def _unknown(sheet: Sheet, told: Sequence[Correspondence], kind: Kind) -> Unknown | None:
    kinds = _kinds(kind)
    try:
        header = find_header(sheet.rows(), sheet.place(), told, kinds)
    except Unrecognised as refusal:
        header, reason = None, str(refusal)
    else:
        reason = "" if header else NOT_KNOWN
    if header is not None:
        if header.kind != kind:
            return None
        guess = {column.index: meaning for meaning, column in header.columns.items()}
        return Unknown(sheet, header.row, header.cells, guess, reason, kind)
    found = _likely_row(sheet, kind)
    if found is None:
        return None
    row, headers = found
    return Unknown(sheet, row, headers, guessed(headers, told, kind), reason, kind)


def _kinds(kind: Kind) -> tuple[Kind, ...]:
    """A register has sheets of two kinds; what SI-SIAO gives, of one."""
    return KINDS if kind in KINDS else (kind,)


def _fewest(kind: Kind) -> int:
    """Columns that such a sheet cannot do without; in a register, one more is the sex or the composition."""
    return len(vocabulary(kind).required) + (kind == MEANT)


def _likely_row(sheet: Sheet, kind: Kind) -> tuple[int, tuple[str, ...]] | None:
    """Of the first rows, the one with the most headers that we know; without any, the first one with enough words."""
    best: tuple[int, int, tuple[str, ...]] | None = None
    for number, cells in islice(sheet.rows(), HEADER_ROWS):
        texts = tuple(cell_text(cell).strip() for cell in cells)
        if len({header_key(text) for text in texts if any(map(str.isalpha, text))}) < _fewest(kind):
            continue
        score = header_score(cells, _kinds(kind))
        if best is None or score > best[0]:
            best = (score, number, texts)
    return best and (best[1], best[2])


def _shapes(rows: Iterable[Sequence[RawCell]], index: int) -> list[str]:
    """The first shapes of a column that differ."""
    cells = (cells[index] for cells in rows if index < len(cells) and not is_blank(cells[index]))
    return list(dict.fromkeys(shape(cell_text(cell)) for cell in cells))[:SHAPES]


def shape(text: str) -> str:
    """How a cell is made, without what it says: « 12/05/1980 » gives « 00/00/0000 », « D'Arc » « X'Xxx »."""
    signs = "".join(_sign(char) for char in text[: LONGEST_SHAPE + 1].strip())
    return signs if len(signs) <= LONGEST_SHAPE else signs[:LONGEST_SHAPE] + "…"


def _sign(char: str) -> str:
    if char.isalpha():
        return "X" if char.isupper() else "x"
    if char.isnumeric():
        return "0"
    return char if char in KEPT_SIGNS else "·"
