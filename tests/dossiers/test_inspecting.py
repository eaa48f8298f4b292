"""What is joined is what it says it is: a corpus of files that lie, that are broken, that hide another."""

from __future__ import annotations

import io
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.uploadedfile import UploadedFile
from pytest_django import Settings

from cases.dossiers.operations import inspect
from cases.dossiers.operations.inspecting import MOST_PARTS
from core.errors import OperationRefused
from tests.dossiers.files import archive, jpeg, pdf, png, upload

EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"This program cannot be run in DOS mode." * 40
ELF = b"\x7fELF\x02\x01\x01" + bytes(200)
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
FULL = 512 * 1024  # bytes of nothing: enough for the number of readings to tell
MOTION = b"\x00\x00\x00\x18ftypmp42" + bytes(500)  # the film that a telephone adds to its photo

GOOD = {
    "pdf": (pdf(), "PDF"),
    "a PDF that only forbids to print": (pdf(owner="maison"), "PDF"),
    "png": (png(), "PNG"),
    "jpeg": (jpeg(), "JPEG"),
    "a photo with its film": (jpeg(after=MOTION), "JPEG"),
    "a photo with a second one": (jpeg(after=jpeg()), "JPEG"),
}
HOSTILE = {
    "empty": (b"", "vide"),
    "a program": (EXE, "programme"),
    "another program": (ELF, "programme"),
    "a script": (b"#!/bin/sh\nrm -rf /\n", "programme"),
    "a photo that few can read": (HEIC, "HEIC"),
    "an archive": (archive(), "bureautique ou une archive"),
    "a page": (HTML, "ni un PDF, ni une image"),
    "a text": (b"Bonjour, voici mon avis." * 10, "ni un PDF, ni une image"),
    "a PDF with a password": (pdf(password="secret"), "mot de passe"),
    "a PDF cut short": (pdf()[:60], "abîmé"),
    "the beginning of a PDF": (b"%PDF-1.7\n", "abîmé"),
    "a PDF of noise": (b"%PDF-1.7\n" + bytes(range(256)) * 20 + b"%%EOF", "abîmé"),
    "a PDF without pages": (pdf(pages=0), "abîmé"),
    "a PDF that is an archive too": (pdf() + archive(), "cache un autre"),
    "a PDF that is a page too": (b"%PDF-1.7\n<html><script>alert(1)</script>" + pdf(), "cache un autre"),
    "a page before its PDF": (b"<html>" + pdf(), "ni un PDF, ni une image"),
    "a PNG cut short": (png()[:-20], "abîmé"),
    "a PNG that never ends": (png().replace(b"IEND", b"IDAT"), "abîmé"),
    "a PNG with a program behind": (png() + EXE, "cache un autre"),
    "a PNG with a page behind": (png() + HTML, "cache un autre"),
    "a PNG too large to be drawn": (png(60_000, 60_000), "trop grande"),
    "a JPEG cut short": (jpeg()[:-2], "abîmé"),
    "a JPEG without points": (jpeg()[:40], "abîmé"),
    "a JPEG with an archive behind": (jpeg(after=archive()), "cache un autre"),
    "a JPEG with a PDF behind": (jpeg(after=pdf()), "cache un autre"),
    "a JPEG too large to be drawn": (jpeg(60_000, 60_000), "trop grande"),
    "two bytes": (b"\xff\xd8", "ni un PDF, ni une image"),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_kept(name: str) -> None:
    data, media = GOOD[name]
    found = inspect(upload(data))
    assert (found.media, found.size) == (media, len(data))
    assert b"".join(found.blocks()) == data


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_refused_with_a_sentence(name: str) -> None:
    data, said = HOSTILE[name]
    with pytest.raises(OperationRefused, match=said):
        inspect(upload(data))


class Counting(io.BytesIO):
    """How many times it is read, wherever."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


START = png()[:33]  # its signature and its first chunk
SIZE = jpeg()[2:].index(b"\xff\xc0") + 2
ENDLESS = {
    "padding": jpeg()[:2] + b"\xff" * FULL + jpeg()[2:],
    "segments of nothing": jpeg()[:SIZE] + b"\xff\xe0\x00\x02" * (FULL // 4) + jpeg()[SIZE:],
    "chunks of nothing": START + b"\0\0\0\0tEXtabcd" * (FULL // 12) + png()[33:],
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_file_made_to_take_long_is_left_soon(name: str) -> None:
    """As many readings as its bytes, otherwise: seconds of everybody's time."""
    stream = Counting(ENDLESS[name])
    with pytest.raises(OperationRefused, match="abîmé"):
        inspect(UploadedFile(stream, "scan.jpg", "image/jpeg", len(ENDLESS[name])))
    assert stream.reads < 5 * MOST_PARTS


def test_many_parts_are_no_trap() -> None:
    """What the programs of offices and telephones write: 8 KiB a chunk, some thousands; profiles of many segments."""
    of_20_mb = 20 * 1024 // 8
    assert inspect(upload(START + b"\0\0\0\0tEXtabcd" * of_20_mb + png()[33:])).media == "PNG"
    assert inspect(upload(jpeg()[:SIZE] + b"\xff\xe2\x00\x02" * 600 + b"\xff" * 40 + jpeg()[SIZE:])).media == "JPEG"


def test_neither_the_name_nor_the_type_that_is_told_is_believed() -> None:
    assert inspect(upload(png(), "photo.exe")).media == "PNG"
    with pytest.raises(OperationRefused, match="programme"):
        inspect(upload(EXE, "avis.pdf"))


@pytest.mark.parametrize("size", [20 * 1024 * 1024 + 1, 25 * 1024 * 1024])
def test_the_limit_is_told_without_reading(size: int) -> None:
    class Refusing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("it was read")

    big = UploadedFile(Refusing(), "scan.pdf", "application/pdf", size)
    with pytest.raises(OperationRefused, match=r"Ce fichier fait 2[05] Mo : la limite est de 20 Mo\."):
        inspect(big)


@contextmanager
def clamd(answer: bytes, path: Path | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """A server that speaks as clamd does (INSTREAM: chunks with their length, then a line), at the edge of the machine.

    Gives its address and what it was sent.
    """
    family = socket.AF_UNIX if path else socket.AF_INET
    received: list[bytes] = []
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.bind(str(path) if path else ("127.0.0.1", 0))
        server.listen(1)
        server.settimeout(10)

        def serve() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as sent:
                assert sent.readline() == b"nINSTREAM\n"
                while length := struct.unpack("!L", sent.read(4))[0]:
                    received.append(sent.read(length))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield (f"unix://{path}" if path else f"tcp://127.0.0.1:{server.getsockname()[1]}"), received
        thread.join(timeout=10)
        assert not thread.is_alive()


class TestAntivirus:
    @pytest.mark.parametrize("by_file", [True, False])
    def test_it_is_shown_the_whole_file(self, settings: Settings, tmp_path: Path, by_file: bool) -> None:
        data = pdf(pages=3)
        with clamd(b"stream: OK\n", tmp_path / "clamd.sock" if by_file else None) as (address, received):
            settings.CLAMD_URL = address
            assert inspect(upload(data)).media == "PDF"
        assert b"".join(received) == data

    def test_what_it_recognises_is_refused(self, settings: Settings) -> None:
        with clamd(b"stream: Eicar-Test-Signature FOUND\n") as (address, _):
            settings.CLAMD_URL = address
            with pytest.raises(OperationRefused, match="malveillant"):
                inspect(upload(pdf()))

    @pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR", b"stream: failed ERROR", b"", b"?"])
    def test_without_its_word_nothing_is_kept(self, settings: Settings, answer: bytes) -> None:
        with clamd(answer + b"\n") as (address, _):
            settings.CLAMD_URL = address
            with pytest.raises(OperationRefused, match="ne répond pas"):
                inspect(upload(pdf()))

    @pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "unix:///nowhere/clamd.sock"])
    def test_when_it_is_away_nothing_is_kept(self, settings: Settings, address: str) -> None:
        settings.CLAMD_URL = address
        with pytest.raises(OperationRefused, match="ne répond pas"):
            inspect(upload(pdf()))
