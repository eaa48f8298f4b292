"""Files sealed by chunks: what was sealed comes back, anything else is refused, in little memory."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.environment import BASE_DIR
from vault import keys
from vault.errors import KeyMissing, Tampered
from vault.models import Dek, KeyClass
from vault.streams import (
    CHUNK,
    HEADER,
    SEALED_CHUNK,
    TAG,
    WRAPPED_SIZE,
    FileKey,
    Place,
    new_key,
    open_key,
    passing_key,
    sealed_size,
)

SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7]
KEY = passing_key("tests.stream")


def sealed(key: FileKey, data: bytes) -> bytes:
    return b"".join(key.seal([data]))


def opened(key: FileKey, data: bytes) -> bytes:
    return b"".join(key.open([data]))


def pattern(size: int) -> bytes:
    """Bytes whose chunks all differ."""
    return (b"%08d" * (size // 8 + 1))[:size] if size < 8 else bytes(i * 7 + i // 251 & 255 for i in range(size))


class TestTheStream:
    @pytest.mark.parametrize("size", SIZES)
    def test_comes_back_whatever_the_blocks(self, size: int) -> None:
        data = pattern(size)
        whole = sealed(KEY, data)
        assert len(whole) == sealed_size(size)
        assert opened(KEY, whole) == data
        for step in (1000, CHUNK, 200_000):
            blocks = [data[at : at + step] for at in range(0, size, step)]
            again = b"".join(KEY.seal(blocks))
            assert b"".join(KEY.open(again[at : at + step] for at in range(0, len(again), step))) == data

    def test_nothing_of_it_is_in_clear_and_no_two_are_alike(self) -> None:
        data = b"Avis d'imposition de Berthe Orsel " * 3000
        one, other = sealed(KEY, data), sealed(KEY, data)
        assert b"Orsel" not in one
        assert one != other
        assert one[HEADER : HEADER + 64] != other[HEADER : HEADER + 64]

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 2 * CHUNK + 50), st.lists(st.integers(1, CHUNK + 5), max_size=6))
    def test_any_size_any_cut_of_blocks(self, size: int, steps: list[int]) -> None:
        data = bytes(size)
        blocks, at = [], 0
        for step in steps:
            blocks.append(data[at : at + step])
            at += step
        blocks.append(data[at:] if at < size else b"")
        assert b"".join(KEY.open(KEY.seal(blocks))) == data

    @settings(max_examples=150, deadline=None)
    @given(st.data())
    def test_one_bit_anywhere(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(WHOLE) - 1))
        changed = bytearray(WHOLE)
        changed[at] ^= 1 << data.draw(st.integers(0, 7))
        with pytest.raises(Tampered):
            opened(KEY, bytes(changed))

    @settings(max_examples=80, deadline=None)
    @given(st.integers(0, 3 * SEALED_CHUNK))
    def test_cut_anywhere(self, kept: int) -> None:
        with pytest.raises(Tampered):
            opened(KEY, WHOLE[: min(kept, len(WHOLE) - 1)])

    @pytest.mark.parametrize("added", [b"\0", b"x" * TAG, bytes(SEALED_CHUNK)])
    def test_prolonged(self, added: bytes) -> None:
        with pytest.raises(Tampered):
            opened(KEY, WHOLE + added)

    def test_reordered_repeated_or_with_a_chunk_taken_out(self) -> None:
        header, chunks = (
            WHOLE[:HEADER],
            [WHOLE[at : at + SEALED_CHUNK] for at in range(HEADER, len(WHOLE), SEALED_CHUNK)],
        )
        assert len(chunks) == 4
        for order in ([1, 0, 2, 3], [0, 2, 1, 3], [0, 0, 1, 2, 3], [0, 2, 3], [1, 2, 3], [3], [0, 1, 2, 3, 3], [0, 3]):
            with pytest.raises(Tampered):
                opened(KEY, header + b"".join(chunks[number] for number in order))

    def test_a_chunk_of_another_stream_of_the_same_file(self) -> None:
        other = sealed(KEY, pattern(3 * CHUNK + 7))
        mixed = WHOLE[: HEADER + SEALED_CHUNK] + other[HEADER + SEALED_CHUNK :]
        for each in (mixed, other[:HEADER] + WHOLE[HEADER:]):
            with pytest.raises(Tampered):
                opened(KEY, each)

    def test_what_was_given_before_the_fault_is_genuine(self) -> None:
        changed = bytearray(WHOLE)
        changed[-1] ^= 1
        stream = KEY.open([bytes(changed)])
        given_out = [next(stream) for _ in range(3)]
        assert b"".join(given_out) == pattern(3 * CHUNK + 7)[: 3 * CHUNK]
        with pytest.raises(Tampered):
            next(stream)

    def test_parts_are_not_taken_for_one_another(self) -> None:
        told = KEY.seal_text("scan_001.pdf", "details")
        assert KEY.open_text(told, "details") == "scan_001.pdf"
        for part in ("", "other"):
            with pytest.raises(Tampered):
                KEY.open_text(told, part)


WHOLE = sealed(KEY, pattern(3 * CHUNK + 7))


class TestTheReader:
    @pytest.mark.parametrize("size", SIZES)
    def test_reads_any_place(self, size: int) -> None:
        data = pattern(size)
        file = io.BufferedReader(KEY.reader(io.BytesIO(sealed(KEY, data))))
        assert file.read() == data
        for at in (0, 5, CHUNK - 3, CHUNK, size - 4):
            if 0 <= at <= size:
                assert file.seek(at) == at
                assert file.read(9) == data[at : at + 9]
        assert file.seek(0, io.SEEK_END) == size
        with pytest.raises((ValueError, OSError)):
            file.seek(-1)

    def test_a_cut_one_is_refused_before_anything_is_read(self) -> None:
        for kept in (0, 1, HEADER, HEADER + TAG, HEADER + SEALED_CHUNK, len(WHOLE) - 1):
            with pytest.raises(Tampered):
                KEY.reader(io.BytesIO(WHOLE[:kept]))

    def test_a_changed_chunk_is_refused_when_it_is_read(self) -> None:
        changed = bytearray(WHOLE)
        changed[HEADER + SEALED_CHUNK + 5] ^= 4
        file = KEY.reader(io.BytesIO(bytes(changed)))
        assert file.read(10) == pattern(10)
        file.seek(CHUNK)
        with pytest.raises(Tampered):
            file.read(1)


@pytest.mark.django_db
class TestTheKeyOfAFile:
    def place(self) -> Place:
        return Place(uuid4(), KeyClass.SOCIAL, "tests.file", uuid4())

    def test_wrapped_under_the_subjects_key_of_its_class(self) -> None:
        place = self.place()
        key, wrapped = new_key(place)
        assert len(wrapped) == WRAPPED_SIZE
        assert [dek.klass for dek in Dek.objects.using("keystore").filter(subject_id=place.subject)] == ["SOCIAL"]
        keys.forget_all()
        assert opened(open_key(wrapped, place), sealed(key, b"une page")) == b"une page"
        assert repr(key) == "‹clé de fichier›"

    def test_for_that_place_alone(self) -> None:
        place = self.place()
        key, wrapped = new_key(place)
        whole = sealed(key, b"une page")
        keys.ensure([(place.subject, KeyClass.IDENTITY)])
        others = [
            Place(place.subject, place.klass, place.label, uuid4()),
            Place(place.subject, place.klass, "tests.other", place.row),
            Place(place.subject, KeyClass.IDENTITY, place.label, place.row),
        ]
        for other in others:
            with pytest.raises(Tampered):
                open_key(wrapped, other)
        for changed in (bytes(64), wrapped[:-1], b"", wrapped[:2] + b"\0\7" + wrapped[4:]):
            with pytest.raises(Tampered):
                open_key(changed, place)
        second, _ = new_key(place)  # another file of the same place: another key
        with pytest.raises(Tampered):
            opened(second, whole)

    def test_without_the_subjects_key_it_is_gone(self) -> None:
        place = self.place()
        _, wrapped = new_key(place)
        Dek.objects.using("keystore").filter(subject_id=place.subject).delete()
        keys.forget_all()
        with pytest.raises(KeyMissing):
            open_key(wrapped, place)


MEASURE = """
import os, tempfile
import django
from bench.memory import most_memory
django.setup()
from vault.streams import passing_key
key = passing_key("tests.memory")
def blocks(size):
    for _ in range(size // 65536):
        yield os.urandom(65536)
def twice(size):
    with tempfile.TemporaryFile() as file:
        for sealed in key.seal(blocks(size)):
            file.write(sealed)
        file.seek(0)
        return sum(len(chunk) for chunk in key.open(iter(lambda: file.read(65536), b"")))
assert twice(131072) == 131072
before = most_memory()
assert twice(20 * 1024 * 1024) == 20 * 1024 * 1024
print(most_memory() - before)
"""


def test_twenty_megabytes_take_less_than_eight_of_memory() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 8 * 1024, "kibibytes"


def test_a_stream_is_sealed_while_it_comes() -> None:
    """Nothing waits for the end: after the first chunk is given, the source has not been read through."""
    read = []

    def source() -> Iterator[bytes]:
        for number in range(10):
            read.append(number)
            yield bytes(CHUNK)

    stream = KEY.seal(source())
    next(stream)
    next(stream)
    assert len(read) <= 3
