"""Files as they arrive: sealed while they are received, so that none is ever on the disk in clear.

Small requests stay in memory (Django's own handler); the others come here. The key is in memory alone: what a crash
leaves behind, nobody opens.
"""

from __future__ import annotations

import io
import tempfile
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from vault.streams import Reader, Sealer, passing_key

LABEL = "vault.upload"
MOST_KEPT = 25 * 1024 * 1024
"""Bytes kept of one file; of a longer one only the size is known, which is enough to refuse it in a sentence."""


class SealedSpool:
    """Bytes that come by pieces: `most` of them in memory, all of them sealed on the disk when there are more."""

    def __init__(self, most: int) -> None:
        self._most, self._memory = most, io.BytesIO()
        self._sealed: IO[bytes] | None = None

    def write(self, data: bytes) -> None:
        """Add these."""
        if self._sealed is None and self._memory.tell() + len(data) <= self._most:
            self._memory.write(data)
            return
        if self._sealed is None:
            self._sealed, self._key = tempfile.TemporaryFile(), passing_key(LABEL)  # noqa: SIM115
            self._sealer = self._key.sealer()
            self._sealed.writelines(self._sealer.push(self._memory.getbuffer()))
            self._memory = io.BytesIO()
        self._sealed.writelines(self._sealer.push(data))

    def finish(self) -> IO[bytes]:
        """All of them, to read from the beginning."""
        if self._sealed is None:
            self._memory.seek(0)
            return self._memory
        self._sealed.writelines(self._sealer.end())
        return io.BufferedReader(self._key.reader(self._sealed))

    def close(self) -> None:
        """They are no longer wanted."""
        if self._sealed is not None:
            self._sealed.close()


class SealedUpload(UploadedFile):
    """A file received, sealed on the disk; `read()` and `seek()` give it in clear, a chunk at a time."""

    def close(self) -> None:
        """And it is gone."""
        if self.file is not None:
            self.file.close()


class NotKept(io.RawIOBase):
    """A file that was too long to be kept."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raise OSError("this file was too long: it was not kept")


class SealedUploadHandler(FileUploadHandler):
    """Seals each file in a temporary one that has no name."""

    _temporary: IO[bytes]
    _sealer: Sealer
    _kept: int

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._temporary = tempfile.TemporaryFile()  # noqa: SIM115  closed with the upload
        self._key = passing_key(LABEL)
        self._sealer, self._kept = self._key.sealer(), 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._kept += len(raw_data)
        if self._kept <= MOST_KEPT:
            for sealed in self._sealer.push(raw_data):
                self._temporary.write(sealed)
        elif not self._temporary.closed:
            self._temporary.close()
        return None

    def file_complete(self, file_size: int) -> UploadedFile:
        if self._temporary.closed:
            content: Reader | NotKept = NotKept()
        else:
            for sealed in self._sealer.end():
                self._temporary.write(sealed)
            content = self._key.reader(self._temporary)
        return SealedUpload(
            io.BufferedReader(content),
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        if hasattr(self, "_temporary"):
            self._temporary.close()
