"""Files sealed by chunks, so that one of any size is sealed and opened in little memory.

STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, « Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance »,
2015) over AES-256-GCM: `0xE1 | 0x02 | nonce prefix (7)`, then chunks of 64 KiB, each with its tag (16). The nonce of a
chunk is `prefix | number (4) | is it the last (1)`; all are authenticated together with header, subject, label, row and
part. Cut, prolonged, reordered, or moved to another row, file or part, a stream does not open.

Each file has a random key of its own, kept wrapped under the subject's key of the class: destroying these 64 bytes
destroys the file wherever it was copied.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault import kek, keys
from vault.errors import Tampered
from vault.keystore import KeyClass

MAGIC = b"\xe1\x02"
PREFIX, TAG = 7, 16
HEADER = len(MAGIC) + PREFIX
CHUNK = 64 * 1024
SEALED_CHUNK = CHUNK + TAG
MOST_CHUNKS = 2**32
WRAPPED_SIZE = 4 + kek.NONCE + kek.SIZE + TAG
Block = bytes | bytearray | memoryview
_COUNTER = struct.Struct(">IB")


@dataclass(frozen=True, slots=True)
class Place:
    """What a file is sealed for: whose key of which class, a label that never changes, the UUID of its row."""

    subject: UUID
    klass: KeyClass
    label: str
    row: UUID

    @property
    def bound(self) -> bytes:
        return self.subject.bytes + b"|" + self.label.encode() + b"|" + self.row.bytes

    def tampered(self) -> Tampered:
        """The error of what does not open here."""
        return Tampered(self.label, row=self.row, subject=self.subject)


class FileKey:
    """The key of one file. `part` tells apart the streams that it seals (the content, what is said of it)."""

    __slots__ = ("_gcm", "_place")

    def __init__(self, secret: bytes, place: Place) -> None:
        self._gcm, self._place = AESGCM(secret), place

    def __repr__(self) -> str:
        return "‹clé de fichier›"

    def sealer(self, part: str = "") -> Sealer:
        """What seals a stream that comes by pieces."""
        return Sealer(self._gcm, self._place, part)

    def seal(self, blocks: Iterable[Block], part: str = "") -> Iterator[bytes]:
        """Sealed bytes of a stream of blocks of any sizes."""
        sealer = self.sealer(part)
        for block in blocks:
            yield from sealer.push(block)
        yield from sealer.end()

    def open(self, blocks: Iterable[Block], part: str = "") -> Iterator[bytes]:
        """The stream again, chunk after chunk, each verified before it is given.

        Raises `Tampered` at the first chunk that is not the one sealed there; what was given before it is genuine, and
        the whole only once the iterator has ended well.
        """
        waiting, opener, number = bytearray(), None, 0
        for block in blocks:
            waiting += block
            if opener is None and len(waiting) >= HEADER:
                opener = _Opener(self._gcm, self._place, part, bytes(waiting[:HEADER]))
                del waiting[:HEADER]
            while opener is not None and len(waiting) > SEALED_CHUNK:
                with memoryview(waiting) as view:
                    chunk = opener.chunk(number, view[:SEALED_CHUNK], last=False)
                del waiting[:SEALED_CHUNK]
                number += 1
                yield chunk
        if opener is None:
            raise self._place.tampered()
        yield opener.chunk(number, waiting, last=True)

    def reader(self, file: IO[bytes], part: str = "") -> Reader:
        """Any place of a sealed file. Raises `Tampered` when its end is not the one sealed."""
        return Reader(self._gcm, self._place, part, file)

    def seal_text(self, text: str, part: str) -> bytes:
        """A text sealed with the file, whose end it shares."""
        return b"".join(self.seal([text.encode()], part))

    def open_text(self, sealed: bytes, part: str) -> str:
        """The text again. Raises `Tampered`."""
        try:
            return b"".join(self.open([sealed], part)).decode()
        except UnicodeDecodeError:
            raise self._place.tampered() from None


def new_key(place: Place) -> tuple[FileKey, bytes]:
    """A random key and its 64 wrapped bytes, under the subject's newest key. Raises `KekMissing`, `Tampered`."""
    secret, key, nonce = os.urandom(kek.SIZE), keys.for_sealing(place.subject, place.klass), keys.fresh_nonce()
    return FileKey(secret, place), key.header + nonce + key.encrypt(nonce, secret, key.prefix + _use(place))


def open_key(wrapped: bytes, place: Place) -> FileKey:
    """The key again. Raises `KeyMissing` when the subject's was destroyed, `Tampered` when bytes or place differ."""
    try:
        key = keys.for_opening(place.subject, place.klass, wrapped[:4])
        secret = key.decrypt(wrapped[4:16], wrapped[16:], key.prefix + _use(place))
        return FileKey(secret, place)
    except (InvalidTag, LookupError, ValueError) as error:
        raise place.tampered() from error


def passing_key(label: str) -> FileKey:
    """A key that is nowhere but in memory: what it seals ends with the process."""
    return FileKey(os.urandom(kek.SIZE), Place(UUID(int=0), KeyClass.IDENTITY, label, uuid4()))


def sealed_size(size: int) -> int:
    """Bytes of a sealed file of `size` bytes."""
    return HEADER + size + TAG * max(1, -(-size // CHUNK))


class Sealer:
    """Seals a stream that comes by pieces: `push()` each, then `end()` once."""

    def __init__(self, gcm: AESGCM, place: Place, part: str) -> None:
        self._prefix = os.urandom(PREFIX)
        self._header = MAGIC + self._prefix
        self._gcm, self._bound = gcm, self._header + place.bound + b"|" + part.encode()
        self._waiting, self._number = bytearray(), 0

    def push(self, block: Block) -> Iterator[bytes]:
        """What is ready to be written."""
        self._waiting += block
        while len(self._waiting) > CHUNK:
            with memoryview(self._waiting) as view:
                sealed = self._chunk(view[:CHUNK], last=False)
            del self._waiting[:CHUNK]
            yield from sealed

    def end(self) -> Iterator[bytes]:
        """The rest: there is always a last chunk, be it empty."""
        yield from self._chunk(self._waiting, last=True)

    def _chunk(self, plain: Block, *, last: bool) -> list[bytes]:
        if self._number == MOST_CHUNKS:
            raise ValueError("too long for one stream")
        header, self._header = self._header, b""
        nonce = self._prefix + _COUNTER.pack(self._number, last)
        self._number += 1
        sealed = self._gcm.encrypt(nonce, plain, self._bound)
        return [header, sealed] if header else [sealed]


class _Opener:
    """Opens the chunks of one stream."""

    def __init__(self, gcm: AESGCM, place: Place, part: str, header: bytes) -> None:
        if header[: len(MAGIC)] != MAGIC:
            raise place.tampered()
        self._gcm, self._place, self._prefix = gcm, place, header[len(MAGIC) :]
        self._bound = header + place.bound + b"|" + part.encode()

    def chunk(self, number: int, sealed: Block, *, last: bool) -> bytes:
        try:
            return self._gcm.decrypt(self._prefix + _COUNTER.pack(number, last), sealed, self._bound)
        except (InvalidTag, ValueError, struct.error):
            raise self._place.tampered() from None


class Reader(io.RawIOBase):
    """A sealed file that can be read from any place; one chunk in memory."""

    def __init__(self, gcm: AESGCM, place: Place, part: str, file: IO[bytes]) -> None:
        super().__init__()
        self._file, self._place = file, place
        whole = file.seek(0, io.SEEK_END) - HEADER
        file.seek(0)
        self._opener = _Opener(gcm, place, part, file.read(HEADER))
        self._count = max(1, -(-whole // SEALED_CHUNK))
        self.size = whole - TAG * self._count
        self._at, self._number, self._chunk = 0, -1, b""
        self._load(self._count - 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As any file; before the beginning is refused (`ValueError`)."""
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if at < 0:
            raise ValueError("before the beginning")
        self._at = at
        return at

    def readinto(self, buffer: Any) -> int:
        """Up to the end of the present chunk. Raises `Tampered`."""
        if self._at >= self.size:
            return 0
        number, start = divmod(self._at, CHUNK)
        if number != self._number:
            self._load(number)
        view = memoryview(buffer).cast("B")
        part = self._chunk[start : start + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def close(self) -> None:
        """Also closes the file."""
        if not self.closed:
            self._file.close()
        super().close()

    def _load(self, number: int) -> None:
        self._file.seek(HEADER + number * SEALED_CHUNK)
        last = number == self._count - 1
        self._chunk, self._number = self._opener.chunk(number, self._file.read(SEALED_CHUNK), last=last), number


def _use(place: Place) -> bytes:
    return b"|file|" + place.label.encode() + b"|" + place.row.bytes
