"""A workbook (XLSX) is a ZIP written by anybody: it is looked at whole, then copied clean.

Only the copy, which holds nothing but the parts that were inspected, is given to the reader of workbooks: two ZIP
readers may disagree on a hostile file, they cannot on one that we have written.
"""

import copy
import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from exchange.reading import limits
from exchange.reading.refusal import Refused
from exchange.reading.workbook_xml import Findings, inspect_part

CENTRAL_RECORD = b"PK\x01\x02"
ZIP_START = b"PK\x03\x04"
CHUNK = 65_536
READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
CONTENT_TYPES = "[content_types].xml"
SHARED_STRINGS = "sharedstrings.xml"
WORKBOOK_TYPE = "spreadsheetml.sheet.main+xml"
XML_SUFFIXES = (".xml", ".rels", ".vml")
ACTIVE_FOLDERS = ("xl/externallinks/", "xl/embeddings/", "xl/activex/", "xl/ctrlprops/", "customui/")
SAVE_AS_XLSX = "Enregistrez-le au format « Classeur Excel (.xlsx) » ou « CSV UTF-8 »."
BOMB = "se décompresse en un volume démesuré (bombe de décompression) : il n’a pas été ouvert."
BROKEN = "est abîmé : l’archive ne se lit pas. Enregistrez-le à nouveau, puis recommencez."


def clean_workbook(data: bytes) -> bytes:
    """The same workbook, with the inspected XML parts only. Raises Refused with the end of a French sentence."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = _entries(data, archive)
            return _copy(archive, entries)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as broken:
        raise Refused(BROKEN) from broken


def check_directory(data: bytes) -> None:
    """Refuse a directory too long to be read. Raises Refused."""
    if data.count(CENTRAL_RECORD) > limits.ARCHIVE_ENTRIES:
        raise Refused(f"contient plus de {limits.ARCHIVE_ENTRIES} éléments : ce n’est pas un registre.")


def _entries(data: bytes, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The parts to read, content types and shared texts first."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = [_name(entry) for entry in entries]
    if len(set(names)) != len(names):
        raise Refused("est abîmé : deux éléments de l’archive portent le même nom.")
    for entry in entries:
        _check_entry(entry)
    room = min(limits.UNPACKED_BYTES, max(limits.RATIO_FROM_BYTES, len(data) * limits.UNPACKED_RATIO))
    if sum(entry.file_size for entry in entries) > room:
        raise Refused(BOMB)
    _check_names(names)
    return sorted(entries, key=lambda entry: (_name(entry) != CONTENT_TYPES, not _name(entry).endswith(SHARED_STRINGS)))


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise Refused("est protégé par un mot de passe. Retirez la protection, puis recommencez.")
    if entry.compress_type not in READABLE:
        raise Refused(BROKEN)
    if entry.file_size > limits.RATIO_FROM_BYTES and entry.file_size > limits.UNPACKED_RATIO * entry.compress_size:
        raise Refused(BOMB)


def _check_names(names: list[str]) -> None:
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names):
        raise Refused("contient des macros. Enregistrez-le au format « Classeur Excel (.xlsx) », sans macro.")
    if any(name.startswith(ACTIVE_FOLDERS) for name in names):
        raise Refused("contient un objet incorporé ou un lien vers un autre classeur. Retirez-le, puis recommencez.")
    if CONTENT_TYPES not in names or "xl/workbook.xml" not in names:
        raise Refused(f"n’est pas un classeur Excel (.xlsx). {SAVE_AS_XLSX}")


def _copy(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> bytes:
    found = Findings()
    room = limits.UNPACKED_BYTES
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as clean:
        for entry in entries:
            if _name(entry).endswith(XML_SUFFIXES):
                with clean.open(_name_kept(entry), "w") as part:
                    inspect_part(_kept(_unpacked(archive, entry, room), part), found)
            else:
                for _ in _unpacked(archive, entry, room):
                    pass
            room -= entry.file_size
            if _name(entry) == CONTENT_TYPES:
                _check_types(found.content_types)
    if found.is_1904:
        raise Refused("compte ses dates depuis 1904. Enregistrez-le au format « CSV UTF-8 », puis recommencez.")
    return target.getvalue()


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> Iterator[bytes]:
    """The bytes really found, whatever size is declared. Raises Refused past `room`, or when the sizes differ."""
    unbound = copy.copy(entry)
    unbound.file_size = room + 1
    size = 0
    with archive.open(unbound) as source:
        while chunk := source.read(CHUNK):
            if not size and chunk.startswith(ZIP_START):
                raise Refused("contient une autre archive. Retirez-la, puis recommencez.")
            size += len(chunk)
            if size > room or size > limits.RATIO_FROM_BYTES + limits.UNPACKED_RATIO * entry.compress_size:
                raise Refused(BOMB)
            yield chunk
    if size != entry.file_size:
        raise Refused(BROKEN)


def _kept(chunks: Iterator[bytes], target: IO[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        target.write(chunk)
        yield chunk


def _check_types(types: set[str]) -> None:
    if any("macroenabled" in kind or "vbaproject" in kind for kind in types):
        raise Refused("contient des macros. Enregistrez-le au format « Classeur Excel (.xlsx) », sans macro.")
    if not any(kind.endswith(WORKBOOK_TYPE) for kind in types):
        raise Refused(f"n’est pas un classeur Excel (.xlsx). {SAVE_AS_XLSX}")


def _name(entry: zipfile.ZipInfo) -> str:
    return entry.filename.replace("\\", "/").lower().lstrip("/")


def _name_kept(entry: zipfile.ZipInfo) -> str:
    return entry.filename.replace("\\", "/").lstrip("/")
