"""Blind indexes: a keyed, shortened print of a value, by which its equals are found without opening what is sealed.

A root for each epoch, random, wrapped by the master key, lives in the keystore; each index has a key of its own
(HKDF-SHA256 of the root, for the index's frozen label and the epoch); a print is HMAC-SHA256 cut to a few bits, so that
different values share it (CipherSweet's planning rule) and a dump alone tells neither a name nor how many bear it.
Two epochs live while everything is printed again; then the old root is destroyed.

Names, birth dates and numbers of requests or accounts alone: what is social (debts), of health or of justice has none.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass, field
from time import monotonic

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils import timezone

from vault import kek
from vault.errors import IndexClosed, Tampered
from vault.keystore import KEYSTORE, IndexRoot, KeyClass

KEPT_SECONDS = 60.0
MOST_BITS = 24  # what the rows of an index have room for
INDEXED = frozenset({KeyClass.IDENTITY, KeyClass.BANK})


@dataclass(frozen=True, slots=True)
class Index:
    """One kind of value that may be looked for. `label` is part of its key: it never changes."""

    label: str
    bits: int
    klass: KeyClass = KeyClass.IDENTITY

    def __post_init__(self) -> None:
        """Raises `ValueError` for a class of data that is never indexed, and for a print too long or empty."""
        if self.klass not in INDEXED:
            raise ValueError(f"{self.label}: data of class {self.klass} are never indexed")
        if not 1 <= self.bits <= MOST_BITS:
            raise ValueError(f"{self.label}: a print has 1 to {MOST_BITS} bits")


@dataclass(slots=True)
class Blinder:
    """Makes the prints of one epoch."""

    epoch: int
    root: bytes = field(repr=False)
    until: float
    _keys: dict[str, bytes] = field(default_factory=dict, repr=False)

    def blind(self, index: Index, value: str) -> int:
        """The print of a value, from 0 to 2**bits - 1. `value` comes in the form in which equals are equal."""
        key = self._keys.get(index.label)
        if key is None:
            key = self._keys[index.label] = _derived(self.root, index.label, self.epoch)
        return int.from_bytes(hmac.digest(key, value.encode(), "sha256")[:4], "big") >> (32 - index.bits)


_known: list[Blinder] = []


def blinder() -> Blinder:
    """Of the newest epoch, whose root is made the first time. Raises `KekMissing`, `Tampered`,
    `IndexClosed`.
    """
    return blinders()[0]


def blinders() -> list[Blinder]:
    """Of every epoch in force, the newest first: what was printed under an older one is still to be found."""
    global _known
    if not _known or _known[0].until <= monotonic():
        _known = _load_or_make()
    return _known


def begin_epoch() -> int:
    """A new root, under which everything is to be printed again; its number."""
    newest = IndexRoot.objects.using(KEYSTORE).order_by("-epoch").first()
    epoch = newest.epoch + 1 if newest else 1
    _make(epoch)
    forget()
    return epoch


def end_epochs(before: int) -> int:
    """Destroy the roots of the epochs before this one, for good; how many. Their prints mean nothing any more."""
    live = IndexRoot.objects.using(KEYSTORE).filter(epoch__lt=before, destroyed_at=None)
    ended = live.update(wrapped=None, destroyed_at=timezone.now())
    forget()
    return ended


def forget() -> None:
    """Drop the roots from this process."""
    global _known
    _known = []


os.register_at_fork(after_in_child=forget)


def _load() -> list[Blinder]:
    until = monotonic() + KEPT_SECONDS
    roots = IndexRoot.objects.using(KEYSTORE).filter(destroyed_at=None).order_by("-epoch")
    return [Blinder(root.epoch, _unwrapped(root), until) for root in roots]


def _load_or_make() -> list[Blinder]:
    found = _load()
    if not found:
        _make(1)  # nothing, where it was made and destroyed
        found = _load()
    if not found:
        raise IndexClosed
    return found


def _make(epoch: int) -> None:
    """A root for the epoch unless it has, or had, one; of two processes at once, the first one's stays."""
    version, wrapped = kek.wrap(os.urandom(kek.SIZE), _use(epoch))
    row = IndexRoot(epoch=epoch, kek_version=version, wrapped=wrapped)
    IndexRoot.objects.using(KEYSTORE).bulk_create([row], ignore_conflicts=True)


def _unwrapped(root: IndexRoot) -> bytes:
    try:
        return kek.unwrap(root.kek_version, bytes(root.wrapped or b""), _use(root.epoch))
    except kek.NotUnwrapped:
        raise Tampered("vault.index_root", row=root.pk, subject=None) from None


def _use(epoch: int) -> bytes:
    """What a wrapped root is bound to."""
    return b"index|%d" % epoch


def _derived(root: bytes, label: str, epoch: int) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"bi|%b|%d" % (label.encode(), epoch)).derive(root)
