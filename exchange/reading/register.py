"""The door of the reading: files in, typed rows out, as many times as asked.

reading = open_register([("registre.xlsx", stream)], today=today)
for seance in reading.only("seances"): ...
for item in reading.only("situations"): ...   # SituationRow, or BadCell
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from core.errors import OperationRefused
from exchange.reading import cells, dates, limits
from exchange.reading.columns import Correspondence, Header, Kind, Unrecognised, find_header
from exchange.reading.files import Sheet, Source, open_file
from exchange.reading.footers import is_footer
from exchange.reading.rows import BadCell, Ignored, Item, Remark, SeanceRow, SituationRow
from exchange.reading.situations import Row, read_situation
from exchange.reading.values import shown_name


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose headers are known."""

    sheet: Sheet
    header: Header

    def data(self) -> Iterator[Row]:
        """The rows under the headers, without totals, notes nor titles."""
        for number, values in self.sheet.rows():
            if number > self.header.row and not is_footer(self.header, values):
                yield Row(self.header, values, self.sheet.file, self.sheet.name, number)

    def is_at(self, item: SituationRow | SeanceRow | BadCell) -> bool:
        """The row or the cell comes from here."""
        return (self.sheet.file, self.sheet.name) == (item.file, item.sheet)


class Reading:
    """The content of an import, read again at each iteration: nothing but the references already seen is kept.

    `ignored` lists the columns and sheets that are left out. `warnings` is filled by an iteration, afresh each time
    (the first ones only, see limits.WARNINGS).
    """

    def __init__(self, tables: Sequence[Table], ignored: Sequence[Ignored], today: dt.date) -> None:
        self.tables = tuple(tables)
        self.ignored = tuple(ignored)
        self.kinds: frozenset[Kind] = frozenset(table.header.kind for table in tables)
        self.warnings: list[Remark] = []
        self.today = today

    def __iter__(self) -> Iterator[Item]:
        """Everything, in the order of the files. A bad row gives all its bad cells and no row."""
        return self._items(self.tables)

    def only(self, kind: Kind) -> Iterator[Item]:
        """The rows and bad cells of one kind of sheet."""
        return self._items([table for table in self.tables if table.header.kind == kind])

    def refused(self, row: SituationRow | SeanceRow, meaning: str, read: str, expected: str) -> BadCell:
        """A cell of a row that was read and is refused since, under the header that the file writes above it."""
        table = next(table for table in self.tables if table.is_at(row))
        return BadCell(row.file, row.sheet, row.row, table.header.name(meaning), read, expected)

    def in_order(self, cells: Iterable[BadCell]) -> list[BadCell]:
        """The bad cells as one meets them in the files: by table, then row, then column."""

        def place(cell: BadCell) -> tuple[int, int, int]:
            rank, table = next(each for each in enumerate(self.tables) if each[1].is_at(cell))
            columns = (column.index for column in table.header.columns.values() if column.header == cell.column)
            return rank, cell.row, next(columns, limits.COLUMNS)

        return sorted(cells, key=place)

    def _items(self, tables: Iterable[Table]) -> Iterator[Item]:
        warnings: list[Remark] = []
        self.warnings = warnings
        seen: dict[str, tuple[Table, int]] = {}
        for table in tables:
            for row in table.data():
                found = self._situation(row, table, seen) if table.header.kind == "situations" else self._seance(row)
                warnings.extend(row.remarks[: limits.WARNINGS - len(warnings)])
                yield from row.bad.values()
                if found is not None and not row.bad:
                    yield found

    def _situation(self, row: Row, table: Table, seen: dict[str, tuple[Table, int]]) -> SituationRow | None:
        situation = read_situation(row, self.today)
        written = row.get("reference", cells.reference)
        if written is not None:
            first, number = seen.setdefault(cells.reference_key(written), (table, row.number))
            if (first, number) != (table, row.number):
                row.refuse(
                    "reference", f"une référence écrite une seule fois ({_where(first, number, row)} la porte déjà)"
                )
        return situation

    def _seance(self, row: Row) -> SeanceRow | None:
        held_on = row.need("held_on", partial(dates.fact_date, today=self.today), dates.EXPECTED)
        place = row.need("place", cells.text, "le lieu de la séance")
        organisations = row.get("organisations", cells.organisations) or ()
        if held_on is None or place is None:
            return None
        return SeanceRow(row.file, row.sheet, row.number, held_on, place, organisations)


def open_register(
    files: Iterable[tuple[str, Source]], *, today: dt.date, told: Sequence[Correspondence] = ()
) -> Reading:
    """Open the files of one import: names to show, and binary streams (read now) or paths.

    Every file is wholly checked here, so that iterating refuses nothing. `today` bounds the dates.
    `told` is what persons told of the columns of such files. Raises OperationRefused: see files.open_file;
    Unrecognised: see columns.find_header; also when a file has no sheet that we know.
    """
    tables: list[Table] = []
    ignored: list[Ignored] = []
    for name, source in files:
        found, left = _tables(open_file(name, source), name, told)
        tables += found
        ignored += left
    if not tables:
        raise OperationRefused("Aucun fichier n’a été donné.")
    return Reading(tables, ignored, today)


def _tables(sheets: Sequence[Sheet], name: str, told: Sequence[Correspondence]) -> tuple[list[Table], list[Ignored]]:
    tables: list[Table] = []
    ignored: list[Ignored] = []
    for sheet in sheets:
        header = None if sheet.is_hidden else find_header(sheet.rows(), sheet.place(), told)
        if header is None:
            ignored.append(Ignored(sheet.file, sheet.name, ""))
            continue
        tables.append(Table(sheet, header))
        ignored += [Ignored(sheet.file, sheet.name, text) for text in header.ignored]
    if not tables:
        raise Unrecognised(
            f"Le fichier « {shown_name(name)} » n’est ni un registre de situations (colonnes « Réf. », « Nom »,"
            " « Prénom », « Sexe » ou « Composition familiale », « Né(e) le », « Évaluation », « Suite »…) ni une liste"
            " de séances (colonnes « Date », « Lieu », « Présents »). Vérifiez les en-têtes."
        )
    return tables, ignored


def _where(first: Table, number: int, row: Row) -> str:
    """The place of the first row, as short as the reader needs."""
    if (first.sheet.file, first.sheet.name) == (row.file, row.sheet):
        return f"la ligne {number}"
    if first.sheet.name and first.sheet.file == row.file:
        return f"la feuille « {first.sheet.name} », ligne {number},"
    return f"le fichier « {first.sheet.file} », ligne {number},"
