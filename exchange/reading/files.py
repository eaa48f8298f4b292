"""Files as they arrive: what they are by their content, what is refused, and their sheets row by row."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from core.errors import OperationRefused
from exchange.reading import archive, delimited, limits
from exchange.reading.delimited import is_formula
from exchange.reading.refusal import Refused
from exchange.reading.values import RawCell, shown, shown_name
from exchange.reading.workbook_xml import column_name

Source: TypeAlias = BinaryIO | Path
Rows: TypeAlias = Iterator[tuple[int, list[RawCell]]]

OLE_START = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
ACCEPTED = "Seuls les fichiers CSV et XLSX sont lus."
OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "un document PDF"),
    (b"\x89PNG", "une image"),
    (b"\xff\xd8\xff", "une image"),
    (b"GIF8", "une image"),
    (b"II*\0", "une image"),
    (b"MM\0*", "une image"),
    (b"MZ", "un programme"),
    (b"\x7fELF", "un programme"),
    (b"#!", "un programme"),
    (b"\x1f\x8b", "une archive"),
    (b"7z\xbc\xaf\x27\x1c", "une archive"),
    (b"Rar!", "une archive"),
    (b"{\\rtf", "un document de traitement de texte"),
    (b"<", "une page web ou un document XML"),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet that can be read again and again: `rows()` gives numbers (from 1) and raw cells (from column A)."""

    file: str
    name: str
    rows: Callable[[], Rows]
    is_hidden: bool = False

    def place(self) -> str:
        """The beginning of a French sentence."""
        return f"Fichier « {self.file} », feuille « {shown(self.name)} »" if self.name else f"Fichier « {self.file} »"


def open_file(name: str, source: Source) -> list[Sheet]:
    """The sheets of a file (one without name for a CSV), wholly checked before any row is given.

    `name` is shown, never trusted. The bytes are read here, once: a stream may be closed, a file may change.
    Raises OperationRefused: too big, neither CSV nor XLSX by its content, hostile, broken, with formulas or macros.
    """
    file = shown_name(name)
    try:
        sheets = _sheets(file, _content(source))
        for sheet in sheets:
            _check_rows(sheet)
    except (Refused, CalamineError) as refusal:
        reason = refusal if isinstance(refusal, Refused) else archive.BROKEN
        raise OperationRefused(f"Le fichier « {file} » {reason}") from refusal
    except OSError as missing:
        raise OperationRefused(f"Le fichier « {file} » ne s’ouvre pas. Vérifiez son nom et vos droits.") from missing
    return sheets


def _content(source: Source) -> bytes:
    """All the bytes. Raises Refused: empty, or too many."""
    if isinstance(source, Path):
        with source.open("rb") as stream:
            data = stream.read(limits.FILE_BYTES + 1)
    else:
        data = source.read(limits.FILE_BYTES + 1)
    if not data.removeprefix(b"\xef\xbb\xbf").strip():
        raise Refused("est vide.")
    if len(data) > limits.FILE_BYTES:
        raise Refused(f"dépasse {limits.FILE_BYTES // limits.MEGABYTE} Mo. Découpez le registre en plusieurs fichiers.")
    return data


def _sheets(file: str, data: bytes) -> list[Sheet]:
    if data.startswith(archive.ZIP_START):
        return _workbook_sheets(file, data)
    _refuse_other_kinds(data)
    encoding = delimited.encoding_of(data)
    delimiter = delimited.delimiter_of(data, encoding)

    def rows() -> Rows:
        for number, cells in delimited.records(data, encoding, delimiter):
            yield number, list(cells)

    return [Sheet(file, "", rows)]


def _refuse_other_kinds(data: bytes) -> None:
    if data.startswith(OLE_START):
        if ENCRYPTED_PACKAGE in data:
            raise Refused("est protégé par un mot de passe. Retirez la protection, puis recommencez.")
        raise Refused(f"est un document Office d’ancien format (.xls, .doc). {archive.SAVE_AS_XLSX}")
    start = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, kind in OTHER_KINDS:
        if start.startswith(magic) and (magic != b"MZ" or b"\0" in start):
            raise Refused(f"est {kind}. {ACCEPTED}")
    if start.startswith(b"PK\x05\x06"):
        raise Refused(archive.BROKEN)


def _workbook_sheets(file: str, data: bytes) -> list[Sheet]:
    archive.check_directory(data)
    clean = archive.clean_workbook(data)
    with CalamineWorkbook.from_filelike(io.BytesIO(clean)) as workbook:
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    return [
        Sheet(file, sheet.name, _workbook_rows(clean, sheet.name), sheet.visible != SheetVisibleEnum.Visible)
        for sheet in sheets
    ]


def _workbook_rows(clean: bytes, name: str) -> Callable[[], Rows]:
    def rows() -> Rows:
        with CalamineWorkbook.from_filelike(io.BytesIO(clean)) as workbook:
            sheet = workbook.get_sheet_by_name(name)
            left: list[RawCell] = [None] * (sheet.start[1] if sheet.start else 0)
            for number, cells in enumerate(sheet.iter_rows(), start=1):
                yield number, left + list(cells)

    return rows


def _check_rows(sheet: Sheet) -> None:
    for number, cells in sheet.rows():
        if len(cells) > limits.COLUMNS:
            raise Refused(
                f"a plus de {limits.COLUMNS} colonnes à la ligne {number}. Supprimez celles qui ne servent pas."
            )
        for index, cell in enumerate(cells):
            if isinstance(cell, str) and is_formula(cell):
                place = f"{column_name(index)}{number}"
                raise Refused(
                    f"contient une formule en {place} (un texte qui commence par « {cell.lstrip()[0]} »)."
                    " Remplacez-la par sa valeur."
                )
