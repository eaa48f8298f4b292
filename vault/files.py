"""Where sealed files are kept: a folder of our own, opaque names, nothing in clear.

A file is complete on the disk before its name is given: the row that names it is written afterwards. What a crash
leaves (a file that no row names, a draft) is found by `old()` and dropped.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from django.conf import settings

NAME = re.compile(r"[0-9a-f]{32}")
DRAFT = ".part"
BLOCK = 64 * 1024


class Store(Protocol):
    """Sealed files by name: all that the product asks of the place where they are."""

    def keep(self, blocks: Iterable[bytes]) -> str:
        """Write a new file for good; the name it was given."""

    def blocks(self, name: str) -> Iterator[bytes]:
        """What the file holds. Raises `FileNotFoundError`."""

    def drop(self, name: str) -> None:
        """The file is no more; nothing happens when it was not there."""

    def old(self, before: datetime) -> Iterator[str]:
        """Names of the files written before that moment, drafts included."""


class Folder:
    """Files in a folder closed to others (0700), each closed too (0600), spread by the beginning of their name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, blocks: Iterable[bytes]) -> str:
        name = uuid4().hex
        path = self._path(name)
        for folder in (self.root, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(DRAFT)
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for block in blocks:
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        draft.rename(path)
        _flush_folder(path.parent)
        return name

    def blocks(self, name: str) -> Iterator[bytes]:
        with self._path(name).open("rb") as file:
            while block := file.read(BLOCK):
                yield block

    def drop(self, name: str) -> None:
        path = self._path(name.removesuffix(DRAFT))
        for each in (path, path.with_suffix(DRAFT)):
            each.unlink(missing_ok=True)

    def old(self, before: datetime) -> Iterator[str]:
        for path in sorted(self.root.glob("??/*")):
            with suppress(FileNotFoundError):  # dropped meanwhile
                if NAME.fullmatch(path.stem) and path.stat().st_mtime < before.timestamp():
                    yield path.name

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ValueError("not the name of a sealed file")
        return self.root / name[:2] / name


def documents() -> Store:
    """Where the documents of the dossiers are."""
    return Folder(Path(settings.DOCUMENTS_DIR))


def _flush_folder(folder: Path) -> None:
    """The name itself survives a cut of power."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
