"""Short texts that the application seals for itself: secrets of second factors, sessions. They belong to no dossier.

What is kept is sealed by a key of the keystore, as a field is: changing the master key does not touch it. What lives a
few hours is sealed by the master key itself: no database is asked, and it ends at the latest with that key. What is
handed over is sealed by a key that is given away and not kept: who has only our databases and keys cannot open it.
"""

from __future__ import annotations

import base64
import binascii
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault import kek, keys
from vault.errors import KekMissing, KeyMissing, Tampered
from vault.keystore import KeyClass

OWN = UUID("5e0115e1-0000-4000-8000-000000000001")
"""The subject of what is nobody's: the application."""
KLASS = KeyClass.IDENTITY
HEADER, NONCE = len(keys.MAGIC) + 2, kek.NONCE


def seal(text: str, use: str) -> str:
    """`text` sealed for `use`, as ASCII. The key is made the first time. Raises `KekMissing`, `Tampered`."""
    key, nonce = keys.for_sealing(OWN, KLASS), keys.fresh_nonce()
    blob = key.header + nonce + key.encrypt(nonce, text.encode(), key.prefix + _tail(use))
    return base64.urlsafe_b64encode(blob).decode()


def unseal(sealed: str, use: str) -> str:
    """The text again. Raises `KeyMissing`, `KekMissing`, and `Tampered` when bytes or use are not the same."""
    try:
        blob = base64.urlsafe_b64decode(sealed.encode())
        key = keys.for_opening(OWN, KLASS, blob[:HEADER])
        nonce, ciphertext = blob[HEADER : HEADER + NONCE], blob[HEADER + NONCE :]
        return key.decrypt(nonce, ciphertext, key.prefix + _tail(use)).decode()
    except KeyMissing:
        raise
    except (InvalidTag, LookupError, ValueError, binascii.Error):
        raise Tampered(f"vault.texts.{use}", row=OWN, subject=OWN) from None


def seal_briefly(text: str, use: str) -> str:
    """`text` sealed for `use` and for less than the life of a master key. Raises `KekMissing`."""
    version, wrapped = kek.wrap(text.encode(), _tail(use))
    return f"{version}.{base64.urlsafe_b64encode(wrapped).decode()}"


def unseal_briefly(sealed: str, use: str) -> str | None:
    """The text again; None when it was changed, sealed for something else, or by a master key that is no more."""
    version, _, encoded = sealed.partition(".")
    try:
        return kek.unwrap(int(version), base64.urlsafe_b64decode(encoded.encode()), _tail(use)).decode()
    except (kek.NotUnwrapped, KekMissing, ValueError, binascii.Error):
        return None


def seal_for_holder(text: str, use: str) -> tuple[str, bytes]:
    """(key, sealed bytes) of `text` for `use`: a fresh key, in ASCII, to be given to one holder and forgotten here."""
    secret, nonce = os.urandom(kek.SIZE), keys.fresh_nonce()
    sealed = nonce + AESGCM(secret).encrypt(nonce, text.encode(), _tail(use))
    return base64.urlsafe_b64encode(secret).decode(), sealed


def open_for_holder(sealed: bytes, key: str, use: str) -> str | None:
    """The text again; None when the key is not the one, when bytes were changed, or sealed for something else."""
    try:
        gcm = AESGCM(base64.urlsafe_b64decode(key.encode()))
        return gcm.decrypt(sealed[:NONCE], sealed[NONCE:], _tail(use)).decode()
    except (InvalidTag, ValueError, binascii.Error):
        return None


def _tail(use: str) -> bytes:
    return b"|texts|" + use.encode()
