"""What a file is, by its content: nothing enters that is not a PDF, a JPEG or a PNG, whole and readable by all.

The name and the type that a browser tells are not believed. A file is read from where it is, never copied in clear.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlsplit

import puremagic
import structlog
from clamav_client.clamd import ClamdError, ClamdNetworkSocket, ClamdUnixSocket
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from cases.dossiers.models import Media
from cases.dossiers.models.documents import LARGEST
from core.errors import OperationRefused

HEAD = 4096
MOST_PIXELS = 120_000_000
MOST_PARTS = 16_384  # chunks of a PNG (8 KiB each, usually), segments of a JPEG and its padding: more are a trap
CLAMD_SECONDS = 30
EMPTY = "Ce fichier est vide : choisissez-en un autre."
UNKNOWN = "Ce n’est ni un PDF, ni une image JPEG ou PNG. Enregistrez le document en PDF, ou prenez-le en photo."
PROGRAM = "Ce fichier est un programme, quel que soit son nom. Il n’a pas été gardé."
HEIC = "Cette photo est au format HEIC, que tous les postes ne lisent pas. Envoyez-la en JPEG, ou en PDF."
OFFICE = "C’est un document de bureautique ou une archive. Enregistrez-le en PDF, puis joignez le PDF."
LOCKED = "Ce PDF demande un mot de passe. Joignez-en une copie qui s’ouvre sans mot de passe."
DAMAGED = "Ce fichier est abîmé ou incomplet : il ne s’ouvre pas. Numérisez le document de nouveau."
DOUBLE = "Ce fichier en cache un autre. Imprimez le document en PDF, ou prenez-le en photo."
HUGE = "Cette image est trop grande. Enregistrez-la avec moins de points."
VIRUS = "L’antivirus a reconnu un logiciel malveillant. Le fichier n’a pas été gardé."
NO_ANSWER = (
    "L’antivirus ne répond pas : rien n’a été gardé. Réessayez dans quelques minutes, ou prévenez l’administrateur."
)
log = structlog.get_logger("seuil")

# what a stranger is taken for, by what puremagic calls it: a sentence that tells what to do
TOLD = {
    **dict.fromkeys([".exe", ".dll", ".elf", ".so", ".msi", ".class", ".dmg", ".scr", ".lnk", ".sh"], PROGRAM),
    **dict.fromkeys([".heic", ".heif", ".heics", ".avif"], HEIC),
    **dict.fromkeys([".zip", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".doc", ".xls", ".rtf", ".7z", ".rar"], OFFICE),
}
PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
PAGES = (b"<script", b"<html", b"<!doctype", b"<svg", b"<?php")
PNG, JPEG, PDF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"%PDF-"
# markers of a JPEG that hold its size; those that stand alone
SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that may be kept: read it from its beginning. Only `inspect()` makes one."""

    file: UploadedFile
    media: Media
    size: int

    def blocks(self) -> Iterator[bytes]:
        """What it holds."""
        self.file.seek(0)
        yield from self.file.chunks()


def inspect(file: UploadedFile) -> Inspected:
    """The file, known for what it is. Raises `OperationRefused`, whose sentence is for its sender."""
    size = file.size or 0
    if size > LARGEST:
        raise OperationRefused(f"Ce fichier fait {size / 1024 / 1024:.0f} Mo : la limite est de 20 Mo.")
    if size == 0:
        raise OperationRefused(EMPTY)
    stream: IO[bytes] = file.file  # type: ignore[assignment]
    head = _read(stream, 0, HEAD)
    media = _media_of(head)
    if any(each in head[:1024].lower() for each in PAGES):
        raise OperationRefused(DOUBLE)
    if _is_archive(stream):
        raise OperationRefused(DOUBLE)
    CHECKS[media](stream, size)
    _ask_antivirus(stream)
    return Inspected(file, media, size)


def _media_of(head: bytes) -> Media:
    for beginning, media in ((PDF, Media.PDF), (JPEG, Media.JPEG), (PNG, Media.PNG)):
        if head.startswith(beginning):
            return media
    if head.startswith(PROGRAMS):
        raise OperationRefused(PROGRAM)
    try:
        found = [each.extension for each in puremagic.magic_string(head)]
    except (puremagic.PureError, ValueError):
        found = []
    raise OperationRefused(next((TOLD[name] for name in found if name in TOLD), UNKNOWN))


def _is_archive(stream: IO[bytes]) -> bool:
    """A ZIP is read from its end: one may stand behind anything."""
    stream.seek(0)
    return zipfile.is_zipfile(stream)


def _check_pdf(stream: IO[bytes], size: int) -> None:
    """It opens without a password, and has a page. Those that only forbid to print or copy do open."""
    stream.seek(0)
    try:
        reader = PdfReader(stream, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise OperationRefused(LOCKED)
        pages = len(reader.pages)
        if pages:
            reader.pages[0].mediabox  # noqa: B018  the first page is really there
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, RecursionError) as error:
        log.info("document.damaged", error=type(error).__name__)
        raise OperationRefused(DAMAGED) from None
    if not pages:
        raise OperationRefused(DAMAGED)


def _check_png(stream: IO[bytes], size: int) -> None:
    """Its chunks follow one another to the last one, which ends the file."""
    at, pixels = len(PNG), 0
    for _ in range(MOST_PARTS):
        length, name = _number(stream, at, 4), _read(stream, at + 4, 4)
        if name == b"IHDR":
            pixels = _number(stream, at + 8, 4) * _number(stream, at + 12, 4)
        at += 12 + length
        if at > size or not pixels:
            raise OperationRefused(DAMAGED)
        if name == b"IEND":
            break
    else:
        raise OperationRefused(DAMAGED)
    _require_alone(stream, at, size)
    _require_drawable(pixels)


def _check_jpeg(stream: IO[bytes], size: int) -> None:
    """Its segments lead to its points, and its end is there. Telephones add images and films after it: no program."""
    at, pixels = 2, 0
    for _ in range(MOST_PARTS):
        mark, kind = divmod(_number(stream, at, 2), 256)
        if mark != 0xFF:
            raise OperationRefused(DAMAGED)
        if kind == 0xFF:  # padding
            at += 1
            continue
        length = _number(stream, at + 2, 2)
        if kind in SIZES:
            pixels = _number(stream, at + 5, 2) * _number(stream, at + 7, 2)
        at += 2 + length
        if length < 2 or at >= size:
            raise OperationRefused(DAMAGED)
        if kind == START_OF_SCAN:
            break
    else:
        raise OperationRefused(DAMAGED)
    if not pixels:
        raise OperationRefused(DAMAGED)
    _require_alone(stream, _end_of_jpeg(stream, at), size)
    _require_drawable(pixels)


def _end_of_jpeg(stream: IO[bytes], at: int) -> int:
    """Where the first image ends: in its points, 0xFF is followed by 0 unless it is a marker."""
    stream.seek(at)
    before = b""
    while block := stream.read(64 * 1024):
        joined = before + block
        found = joined.find(bytes([0xFF, END_OF_IMAGE]))
        if found >= 0:
            return at - len(before) + found + 2
        at, before = at + len(block), block[-1:]
    raise OperationRefused(DAMAGED)


def _require_alone(stream: IO[bytes], at: int, size: int) -> None:
    """After an image, nothing that a computer would run or open as something else."""
    tail = _read(stream, at, min(size - at, HEAD)).lstrip(b"\0\r\n ")
    begins = tail.startswith((*PROGRAMS, PDF, b"PK", b"Rar!", b"7z\xbc\xaf"))
    if begins or any(each in tail.lower() for each in PAGES):
        raise OperationRefused(DOUBLE)


def _require_drawable(pixels: int) -> None:
    if pixels > MOST_PIXELS:
        raise OperationRefused(HUGE)


def _read(stream: IO[bytes], at: int, count: int) -> bytes:
    stream.seek(at)
    return stream.read(count)


def _number(stream: IO[bytes], at: int, count: int) -> int:
    """The number written there, in `count` bytes."""
    data = _read(stream, at, count)
    if len(data) < count:
        raise OperationRefused(DAMAGED)
    return int.from_bytes(data, "big")


def _ask_antivirus(stream: IO[bytes]) -> None:
    """What clamd says, when there is one: without its answer nothing is kept."""
    if not settings.CLAMD_URL:
        return
    stream.seek(0)
    try:
        answers = _clamd().instream(io.BufferedReader(_Borrowed(stream), 1024 * 64))
    except (ClamdError, OSError) as error:
        log.warning("document.antivirus_away", error=type(error).__name__)
        raise OperationRefused(NO_ANSWER) from None
    statuses = {status for status, _ in answers.values()}
    if "FOUND" in statuses:
        raise OperationRefused(VIRUS)
    if statuses != {"OK"}:
        raise OperationRefused(NO_ANSWER)


def _clamd() -> ClamdNetworkSocket:
    address = urlsplit(settings.CLAMD_URL)
    if address.scheme == "unix":
        return ClamdUnixSocket(address.path, CLAMD_SECONDS)
    return ClamdNetworkSocket(address.hostname or "", address.port or 0, CLAMD_SECONDS)


class _Borrowed(io.RawIOBase):
    """A stream that a reader may close without closing it."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


CHECKS: dict[Media, Callable[[IO[bytes], int], None]] = {
    Media.PDF: _check_pdf,
    Media.JPEG: _check_jpeg,
    Media.PNG: _check_png,
}
