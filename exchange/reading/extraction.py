"""What SI-SIAO gives: a sheet of requests, one row for a household. Its lists of values are not public: coded columns
are kept in their words, and who receives them says what they mean (`operations.values`)."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from core.errors import OperationRefused
from exchange.reading import cells, dates
from exchange.reading.columns import EXTRACTION, Correspondence, Unrecognised, find_header
from exchange.reading.files import Sheet, Source, open_file
from exchange.reading.register import Table
from exchange.reading.rows import BadCell, Ignored
from exchange.reading.situations import Row
from exchange.reading.values import BadValue, RawCell, shown, shown_name

LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class ExtractionRow:
    """One request. `rank` is its place among the rows that are read (from 0); `status`, `ethos` and `household_type`
    are the words of the file; `None` where nothing is said."""

    rank: int
    file: str
    sheet: str
    row: int
    number: str
    last_name: str
    first_name: str | None
    sex: str | None
    birth_date: dt.date | None
    asked_on: dt.date | None
    unique_number: str | None
    status: str | None
    ethos: str | None
    household_type: str | None


def number_key(number: str) -> str:
    """A number as it is compared: its letters and digits alone, in capitals."""
    return "".join(sign for sign in number.upper() if sign.isalnum())


class Extraction:
    """The rows of an extraction and its bad cells, read once. A bad cell leaves its row out, and no other."""

    def __init__(self, tables: Sequence[Table], ignored: Sequence[Ignored], today: dt.date) -> None:
        self.tables, self.ignored = tuple(tables), tuple(ignored)
        self.rows: list[ExtractionRow] = []
        self.bad: list[BadCell] = []
        seen: dict[str, int] = {}
        for table in tables:
            for row in table.data():
                self._take(row, seen, today)

    def refused(self, row: ExtractionRow, expected: str) -> BadCell:
        """A row that is read and cannot be compared, told on its number."""
        table = next(each for each in self.tables if (each.sheet.file, each.sheet.name) == (row.file, row.sheet))
        return BadCell(row.file, row.sheet, row.row, table.header.name("number"), shown(row.number), expected)

    def _take(self, row: Row, seen: dict[str, int], today: dt.date) -> None:
        found = _read(row, len(self.rows), today)
        if found is not None:
            first = seen.setdefault(number_key(found.number), row.number)
            if first != row.number:
                row.refuse("number", f"un numéro écrit une seule fois (la ligne {first} le porte déjà)")
        self.bad += row.bad.values()
        if found is not None and not row.bad:
            self.rows.append(found)


def open_extraction(
    files: Iterable[tuple[str, Source]], *, today: dt.date, told: Sequence[Correspondence] = ()
) -> Extraction:
    """Read the files of one extraction. `told` is what persons told of the columns of such files.

    Raises `OperationRefused`: see `files.open_file`; `Unrecognised`: see `columns.find_header`, and when a file has no
    sheet whose headers are those of an extraction.
    """
    tables: list[Table] = []
    ignored: list[Ignored] = []
    for name, source in files:
        found = list(_tables(open_file(name, source), told, ignored))
        if not found:
            raise Unrecognised(
                f"Le fichier « {shown_name(name)} » n’est pas une extraction du SI-SIAO que Seuil reconnaît (colonnes"
                " « N° SI-SIAO », « Nom », « Prénom », « Né(e) le », « Statut de la demande »…). Vérifiez les en-têtes."
            )
        tables += found
    if not tables:
        raise OperationRefused("Aucun fichier n’a été donné.")
    return Extraction(tables, ignored, today)


def _tables(sheets: Iterable[Sheet], told: Sequence[Correspondence], ignored: list[Ignored]) -> Iterator[Table]:
    for sheet in sheets:
        header = None if sheet.is_hidden else find_header(sheet.rows(), sheet.place(), told, (EXTRACTION,))
        if header is None:
            ignored.append(Ignored(sheet.file, sheet.name, ""))
            continue
        ignored += [Ignored(sheet.file, sheet.name, text) for text in header.ignored]
        yield Table(sheet, header)


def _read(row: Row, rank: int, today: dt.date) -> ExtractionRow | None:
    """The row, or None when a cell is bad: `row.bad` then tells which."""
    words: Callable[[str], str | None] = partial(row.get, parse=cells.text)
    number = row.need("number", _number, "le numéro de la demande dans le SI-SIAO")
    last_name = row.need("last_name", cells.name, "un nom")
    found = ExtractionRow(
        rank=rank,
        file=row.file,
        sheet=row.sheet,
        row=row.number,
        number=number or "",
        last_name=last_name or "",
        first_name=row.get("first_name", cells.name),
        sex=row.get("sex", cells.coded("sex")),
        birth_date=row.get("birth_date", partial(dates.birth_date, today=today)),
        asked_on=row.get("asked_on", partial(dates.past_date, today=today)),
        unique_number=row.get("unique_number", cells.unique_number),
        status=words("status"),
        ethos=words("ethos"),
        household_type=words("household_type"),
    )
    return None if row.bad else found


def _number(cell: RawCell) -> str:
    written = cells.text(cell)
    if not number_key(written) or len(written) > LONGEST_NUMBER:
        raise BadValue(f"un numéro de {LONGEST_NUMBER} caractères au plus")
    return written
