"""A table as a file for a spreadsheet: CSV, XLSX or ODS, made in memory and nowhere else: it names people.

Cells are text, dates, whole numbers, `Decimal`, or None. A text is never a formula: XLSX and ODS type it as text, CSV
gets an apostrophe before the signs that a spreadsheet would run (OWASP, « CSV injection »).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import BinaryIO
from xml.sax.saxutils import escape

import xlsxwriter  # type: ignore[import-untyped]

Value = str | date | int | Decimal | None
BLOCK = 1 << 16
RUNS = ("=", "+", "-", "@", "\t", "\r")
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (
        ("office", "office"),
        ("table", "table"),
        ("text", "text"),
        ("style", "style"),
        ("number", "datastyle"),
        ("manifest", "manifest"),
    )
)
_DAY = (
    '<office:automatic-styles><number:date-style style:name="N1"><number:day number:style="long"/><number:text>/'
    '</number:text><number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/>'
    '</number:date-style><style:style style:name="jour" style:family="table-cell" style:data-style-name="N1"/>'
    "</office:automatic-styles>"
)
_MANIFEST = (
    f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest {_NAMES} manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{ODS}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its words, its media type, and what writes it."""

    label: str
    media_type: str
    write: Callable[[str, Sequence[str], Iterable[Sequence[Value]], BinaryIO], None]


def table_file(kind: str, title: str, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> BinaryIO:
    """The table as a file at its beginning, to be closed by who reads it. `kind` is a key of `FORMATS`."""
    file = io.BytesIO()
    FORMATS[kind].write(title, header, rows, file)
    file.seek(0)
    return file


class Blocks:
    """The file piece after piece, as `core.streaming.streamed` sends it; closed at its end, or before by the server."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = b"" if self._file.closed else self._file.read(BLOCK)
        if not block:
            self.close()
            raise StopIteration
        return block

    def close(self) -> None:
        """Nothing is read afterwards."""
        self._file.close()


def harmless(text: str) -> str:
    """A text that no spreadsheet runs."""
    return f"'{text}" if text.startswith(RUNS) else text


def _csv(title: str, header: Sequence[str], rows: Iterable[Sequence[Value]], file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    text.write("\ufeff")  # without it, spreadsheets read another alphabet
    table = csv.writer(text, delimiter=";")
    table.writerow([harmless(each) for each in header])
    table.writerows([_as_csv(value) for value in row] for row in rows)
    text.flush()
    text.detach()


def _as_csv(value: Value) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, int | Decimal):
        return str(value).replace(".", ",")
    return harmless(NOT_XML.sub("", value or ""))


def _xlsx(title: str, header: Sequence[str], rows: Iterable[Sequence[Value]], file: BinaryIO) -> None:
    # Not "constant_memory": it lays the rows in clear in the temporary directory, where a killed process leaves them.
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(title[:31])
    day, bold = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(header) - 1, 0), 22)
    for column, label in enumerate(header):
        sheet.write_string(0, column, label, bold)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, value, day)
            elif isinstance(value, int | Decimal):
                sheet.write_number(number, column, value)
            elif value:
                sheet.write_string(number, column, NOT_XML.sub("", value))
    book.close()


def _ods(title: str, header: Sequence[str], rows: Iterable[Sequence[Value]], file: BinaryIO) -> None:
    """Written as a stream. odfdo keeps the whole table in memory, and is a hundred times slower by row (ADR 0024)."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), ODS, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        with archive.open("content.xml", "w") as content:
            name = escape(title, {'"': "&quot;"})
            start = (
                f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES} office:version="1.3">{_DAY}'
                f'<office:body><office:spreadsheet><table:table table:name="{name}">'
            )
            content.write(start.encode())
            content.write(_ods_row(header))
            for row in rows:
                content.write(_ods_row(row))
            end = "</table:table></office:spreadsheet></office:body></office:document-content>"
            content.write(end.encode())


def _ods_row(row: Sequence[Value]) -> bytes:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>".encode()


def _ods_cell(value: Value) -> str:
    if isinstance(value, date):
        kind = f'office:value-type="date" office:date-value="{value.isoformat()}" table:style-name="jour"'
        return f"<table:table-cell {kind}><text:p>{value:%d/%m/%Y}</text:p></table:table-cell>"
    if isinstance(value, int | Decimal):
        shown = str(value).replace(".", ",")
        kind = f'office:value-type="float" office:value="{value}"'
        return f"<table:table-cell {kind}><text:p>{shown}</text:p></table:table-cell>"
    if not value:
        return "<table:table-cell/>"
    text = escape(NOT_XML.sub("", value))
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


FORMATS: dict[str, Format] = {
    "csv": Format("CSV", "text/csv; charset=utf-8", _csv),
    "xlsx": Format("Excel (XLSX)", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
    "ods": Format("LibreOffice (ODS)", ODS, _ods),
}
