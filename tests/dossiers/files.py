"""Small files of each kind, good and hostile, all made here; pieces made of them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils import timezone
from pypdf import PdfWriter

from accounts.models import User
from cases.dossiers.models import Document, Dossier
from cases.dossiers.operations import NewDocument, add_documents, inspect, open_document

CANARY = "Quinquandon-Tellier"
"""A name that must be nowhere in clear: in the text of the PDF and in its file name."""


def pdf(*, password: str = "", owner: str = "", text: str = CANARY, pages: int = 1) -> bytes:
    """A PDF that says `text` in its title."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=200, height=280)
    writer.add_metadata({"/Title": text})
    if password or owner:
        writer.encrypt(password, owner or None, algorithm="AES-256")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def png(width: int = 2, height: int = 2) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    points = zlib.compress(b"".join(b"\0" + b"\x40\x80\xc0" * min(width, 8) for _ in range(min(height, 8))))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", points) + chunk(b"IEND", b"")


def jpeg(width: int = 2, height: int = 2, after: bytes = b"") -> bytes:
    """Segments in order, and points that no one draws: enough for what is looked at."""

    def segment(kind: int, data: bytes) -> bytes:
        return bytes([0xFF, kind]) + struct.pack(">H", len(data) + 2) + data

    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    begun = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + segment(0xDB, b"\0" + bytes(64))
    return (
        begun + segment(0xC0, frame) + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\x00\x34" * 40 + b"\xff\xd9" + after
    )


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("macro.vbs", "x" * 50)
    return made.getvalue()


def upload(data: bytes, name: str = f"avis {CANARY}.pdf") -> UploadedFile:
    """As a browser sends it, with the type that it claims."""
    return SimpleUploadedFile(name, data, "application/pdf")


def new(kind: str = "AVIS_IMPOSITION", data: bytes = b"", **told: Any) -> NewDocument:
    """A piece to join, received today unless it is told."""
    return NewDocument(kind, inspect(upload(data or pdf())), told.pop("received_on", timezone.localdate()), **told)


def joined(dossier: Dossier, by: User | None, kind: str = "AVIS_IMPOSITION", **told: Any) -> Document:
    """A piece joined."""
    (made,) = add_documents(dossier.pk, [new(kind, **told)], by=by)
    return made


def read(document: Document) -> bytes:
    """What a piece holds."""
    return b"".join(open_document(document).blocks())


def stored(folder: Path) -> list[Path]:
    """The files of a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]
