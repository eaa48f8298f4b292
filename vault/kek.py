"""The master keys (KEK): one file per version, which wrap every other key and never touch a database.

Folder `settings.KEK_DIR`; files `<version>.key` holding 32 bytes in hexadecimal or base64, closed to group and others.
The highest version wraps, all those present unwrap: a new one is brought in, everything is wrapped again, the old one
is destroyed. Outside production the first one is made at first use.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from vault.errors import KekMissing

SIZE = 32
NONCE = 12
WRAPPED_SIZE = NONCE + SIZE + 16

_loaded: dict[int, AESGCM] = {}


class NotUnwrapped(Exception):
    """These bytes were not wrapped by this master key for this use. Never leaves the vault."""


def wrap(secret: bytes, use: bytes) -> tuple[int, bytes]:
    """(version, wrapped bytes) of `secret` under the newest master key, bound to `use`.

    Raises `KekMissing` when there is none.
    """
    keks = _keks()
    version = max(keks)
    nonce = os.urandom(NONCE)
    return version, nonce + keks[version].encrypt(nonce, secret, use)


def unwrap(version: int, wrapped: bytes, use: bytes) -> bytes:
    """The secret again. Raises `KekMissing` without that version, `NotUnwrapped` when bytes or use are not the same."""
    keks = _keks()
    if version not in keks:
        keks = reload()  # it may have been brought in after this process started
    if version not in keks:
        raise KekMissing(f"La clé maîtresse n° {version} manque dans « {settings.KEK_DIR} » : remettez son fichier.")
    try:
        return keks[version].decrypt(wrapped[:NONCE], wrapped[NONCE:], use)
    except (InvalidTag, ValueError):
        raise NotUnwrapped from None


def reload() -> dict[int, AESGCM]:
    """Read the folder again, making the first key where that is allowed. Raises `KekMissing`."""
    found = _read(Path(settings.KEK_DIR))
    if not found and _may_create():
        _create(Path(settings.KEK_DIR))
        found = _read(Path(settings.KEK_DIR))
    if not found:
        raise KekMissing(f"Aucune clé maîtresse dans « {settings.KEK_DIR} » : déposez-y un fichier 1.key (mode 0400).")
    global _loaded
    _loaded = {version: AESGCM(key) for version, key in found.items()}
    return _loaded


def forget() -> None:
    """Drop the keys in memory; the next use reads the folder."""
    global _loaded
    _loaded = {}


def verify() -> None:
    """Raise `KekMissing` when the service could not run with this folder; create nothing."""
    if not _read(Path(settings.KEK_DIR)) and not _may_create():
        raise KekMissing(f"Aucune clé maîtresse dans « {settings.KEK_DIR} » : déposez-y un fichier 1.key (mode 0400).")


def _may_create() -> bool:
    """Outside production only: there, losing the key is losing every file, so people bring it and keep a copy."""
    return not settings.IN_PRODUCTION


def _keks() -> dict[int, AESGCM]:
    return _loaded or reload()


def _read(folder: Path) -> dict[int, bytes]:
    """Keys by version; empty when the folder is absent."""
    try:
        files = sorted(folder.glob("*.key"))
        return {_version(file): _content(file) for file in files}
    except OSError as error:
        raise KekMissing(f"Clé maîtresse illisible dans « {folder} » : {error.strerror}.") from error


def _version(file: Path) -> int:
    if not (file.stem.isascii() and file.stem.isdigit() and int(file.stem) > 0):
        raise KekMissing(f"« {file} » n’est pas un nom de clé maîtresse : attendu, par exemple, 1.key.")
    return int(file.stem)


def _content(file: Path) -> bytes:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        raise KekMissing(
            f"« {file} » est ouvert à d’autres que son propriétaire (mode {mode:04o}) : faites chmod 0400."
        )
    key = _decoded(file.read_bytes().strip())
    if len(key) != SIZE:
        raise KekMissing(f"« {file} » ne contient pas 32 octets en hexadécimal ou en base64.")
    return key


def _decoded(text: bytes) -> bytes:
    """The bytes written in hexadecimal (64 signs) or base64; empty when they are neither."""
    try:
        return binascii.unhexlify(text) if len(text) == 2 * SIZE else base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _create(folder: Path) -> None:
    """Make `1.key`, complete before it has its name: of two processes at once, the second keeps the first's key."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f"{os.getpid()}.{secrets.token_hex(8)}.draft"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as file:
            file.write(secrets.token_hex(SIZE).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, folder / "1.key")
        except FileExistsError:
            return
        finally:
            draft.unlink()
    except OSError as error:
        raise KekMissing(f"Impossible de créer la clé maîtresse dans « {folder} » : {error.strerror}.") from error
