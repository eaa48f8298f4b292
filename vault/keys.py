"""Keys of subjects (DEK): made at the first sealing, opened once, kept a short while in the process.

A key is committed in the keystore, on its own, before the row it seals: an abort leaves a key without data, never
data without a key. Opening never makes a key.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Collection, Iterable, Iterator
from time import monotonic
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connections
from django.utils import timezone

from vault import kek
from vault.errors import KekMissing, KeyMissing, Tampered, VaultError
from vault.keystore import KEYSTORE, Dek, KeyClass

MAGIC = b"\xe1\x01"  # a sealed value; AES-256-GCM with a 96-bit nonce
KEPT_SECONDS = 300.0
KEPT_KEYS = 4096
NONCES_AT_ONCE = 512


class OpenKey:
    """A key ready to seal and open, and the bytes that every value sealed with it begins with."""

    __slots__ = ("decrypt", "encrypt", "header", "prefix", "until")

    def __init__(self, subject: UUID, version: int, secret: bytes, until: float) -> None:
        gcm = AESGCM(secret)
        self.encrypt, self.decrypt = gcm.encrypt, gcm.decrypt
        self.header = MAGIC + version.to_bytes(2, "big")
        self.prefix = self.header + subject.bytes
        self.until = until

    def __repr__(self) -> str:
        return "‹clé›"


class Peers:
    """Whose keys the rows of one list need: the first value opened brings them all, in one query."""

    __slots__ = ("classes", "models", "subjects")

    def __init__(self) -> None:
        self.subjects: set[UUID] = set()
        self.classes: set[KeyClass] = set()
        self.models: set[type] = set()

    def __reduce__(self) -> tuple[type[Peers], tuple[()]]:
        return Peers, ()  # a list does not follow one of its rows into a pickle or a copy


Ring = dict[int, OpenKey]
Pair = tuple[UUID, KeyClass]
Slot = tuple[int, str]
"""A pair as cheap to hash: the subject's integer, the name of the class."""

_newest: dict[str, Ring] = {klass.value: {} for klass in KeyClass}
_older: dict[tuple[int, str, bytes], OpenKey] = {}
_nonces: Iterator[tuple[bytes]] = iter(())


def ring(klass: KeyClass) -> Ring:
    """Newest keys of the class in memory, by the subject's integer. Emptied in place; an entry may be out of date."""
    return _newest[klass.value]


def fresh_nonce() -> bytes:
    """12 random bytes, never given twice: each is taken once from a pool of this process."""
    global _nonces
    for (nonce,) in _nonces:
        return nonce
    _nonces = pool = struct.iter_unpack("12s", os.urandom(12 * NONCES_AT_ONCE))
    first: bytes = next(pool)[0]
    return first


def for_sealing(subject: UUID, klass: KeyClass) -> OpenKey:
    """The newest key of the subject, made when there is none. Raises `KekMissing`, `Tampered`."""
    return ensure([(subject, klass)])[subject, klass]


def for_opening(subject: UUID, klass: KeyClass, header: bytes, peers: Peers | None = None) -> OpenKey:
    """The key that sealed a value beginning with `header`; a miss also fetches the keys of `peers` (one query).

    Raises `KeyMissing` when the subject has no key of this class, `LookupError` when it has none of this version.
    """
    key = _known(subject, klass)
    if key is None:
        found = _load({subject, *peers.subjects}, {klass, *peers.classes}) if peers else _load([subject], [klass])
        key = _taken(found, subject, klass)
    if key is None:
        raise KeyMissing(subject, klass)
    if key.header == header:
        return key
    place = (subject.int, klass.value, header)
    older = _older.get(place)
    if older is None or older.until <= monotonic():
        _older.pop(place, None)
        _load([subject], [klass])
        older = _older[place]
    return older


def warm(subjects: Collection[UUID], classes: Collection[KeyClass] | None = None) -> None:
    """Bring the keys of these subjects into memory in one query. Absent and damaged keys are passed over."""
    if subjects:
        _load(subjects, list(KeyClass) if classes is None else classes)


def bring(wanted: Collection[Pair]) -> None:
    """Bring those of these keys that are not in memory, in one query. Absent and damaged ones are passed over."""
    absent = [pair for pair in wanted if _known(*pair) is None]
    if absent:
        _keep(_SELECT_PAIRS, [subject for subject, _ in absent], [klass.value for _, klass in absent])


def ensure(wanted: Iterable[Pair]) -> dict[Pair, OpenKey]:
    """The newest key of each (subject, class), making those that do not exist yet.

    Two processes that make the same key at once end with the first one's. Raises `KekMissing`, `Tampered`.
    """
    keys: dict[Pair, OpenKey] = {}
    absent = set[Pair]()
    for pair in wanted:
        key = _known(*pair)
        if key is None:
            absent.add(pair)
        else:
            keys[pair] = key
    if absent:
        keys |= _load_pairs(absent)
        unmade = absent - keys.keys()
        if unmade:
            keys |= _make(unmade)
    return keys


def destroy(subjects: Collection[UUID]) -> int:
    """Destroy every key of these subjects, for good; how many. What they sealed opens no more, in any backup of it.

    By the worker alone. Safe to repeat. Another process may still hold a key for `KEPT_SECONDS`.
    """
    with connections[KEYSTORE].cursor() as cursor:
        cursor.execute("DELETE FROM vault_dek WHERE subject_id = ANY(%s)", [list(subjects)])
        destroyed: int = cursor.rowcount
    for subject in subjects:
        forget(subject)
    return destroyed


def forget(subject: UUID) -> None:
    """Drop the subject's keys from this process (erasure, rotation)."""
    for keys in _newest.values():
        keys.pop(subject.int, None)
    for entry in [entry for entry in list(_older) if entry[0] == subject.int]:
        _older.pop(entry, None)


def forget_all() -> None:
    """Drop every key and the unused nonces from this process."""
    global _nonces
    for keys in _newest.values():
        keys.clear()
    _older.clear()
    _nonces = iter(())


os.register_at_fork(after_in_child=forget_all)


def _use(subject: UUID, klass: str, version: int) -> bytes:
    """What a wrapped key is bound to."""
    return b"dek|%b|%b|%d" % (subject.bytes, klass.encode(), version)


def _known(subject: UUID, klass: KeyClass) -> OpenKey | None:
    key = _newest[klass.value].get(subject.int)
    return key if key is not None and key.until > monotonic() else None


def _new(subject: UUID, klass: KeyClass) -> tuple[UUID, UUID, str, int, bytes]:
    """A fresh key, wrapped: its id, whose it is, its class, the master key's version, the bytes to keep."""
    return uuid4(), subject, klass.value, *kek.wrap(os.urandom(kek.SIZE), _use(subject, klass.value, 1))


def _make(pairs: Collection[Pair]) -> dict[Pair, OpenKey]:
    """Make these keys unless another process just did, and read what is there. One statement, however many."""
    columns = [list(column) for column in zip(*(_new(*pair) for pair in pairs), strict=True)]
    with connections[KEYSTORE].cursor() as cursor:
        cursor.execute(_INSERT, [timezone.now(), *columns])
    return _load_pairs(pairs)


def _load_pairs(pairs: Collection[Pair]) -> dict[Pair, OpenKey]:
    found = _load({subject for subject, _ in pairs}, {klass for _, klass in pairs})
    return {pair: key for pair in pairs if (key := _taken(found, *pair))}


def _taken(found: dict[Slot, OpenKey | VaultError], subject: UUID, klass: KeyClass) -> OpenKey | None:
    """The key that was found, or None; raises what prevented unwrapping it."""
    key = found.get((subject.int, klass.value))
    if isinstance(key, VaultError):
        raise key
    return key


def _load(subjects: Collection[UUID], classes: Collection[KeyClass]) -> dict[Slot, OpenKey | VaultError]:
    return _keep(_SELECT, list(subjects), [klass.value for klass in classes])


def _keep(statement: str, subjects: list[UUID], classes: list[str]) -> dict[Slot, OpenKey | VaultError]:
    """Read, unwrap and keep. A key that cannot be unwrapped stands there as its error: the others serve.

    When the memory would overflow, everything before is dropped first.
    """
    with connections[KEYSTORE].cursor() as cursor:
        cursor.execute(statement, [subjects, classes])
        found = cursor.fetchall()
    if len(found) + len(_older) + sum(map(len, _newest.values())) > KEPT_KEYS:
        forget_all()
    until = monotonic() + KEPT_SECONDS
    newest: dict[Slot, OpenKey | VaultError] = {}
    for subject, klass, version, kek_version, wrapped in found:
        slot = (subject.int, klass)
        before = newest.get(slot)
        if isinstance(before, OpenKey):
            _older[subject.int, klass, before.header] = before
        try:
            secret = kek.unwrap(kek_version, wrapped, _use(subject, klass, version))
            newest[slot] = OpenKey(subject, version, secret, until)
        except kek.NotUnwrapped:
            newest[slot] = _damaged(subject, klass, version)
        except KekMissing as missing:
            newest[slot] = missing
    for (subject_int, klass), key in newest.items():
        if isinstance(key, OpenKey):
            _newest[klass][subject_int] = key
    return newest


def _damaged(subject: UUID, klass: str, version: int) -> Tampered:
    row = Dek.objects.using(KEYSTORE).get(subject_id=subject, klass=klass, version=version)
    return Tampered("vault.dek", row=row.pk, subject=subject)


# rows by rising version, so that the newest comes last; arrays, since a page asks for hundreds of keys
_SELECT = """
    SELECT subject_id, klass, version, kek_version, wrapped FROM vault_dek
    WHERE subject_id = ANY(%s) AND klass = ANY(%s) ORDER BY version
"""
_SELECT_PAIRS = """
    SELECT subject_id, klass, version, kek_version, wrapped FROM vault_dek
    WHERE (subject_id, klass) IN (SELECT * FROM unnest(%s::uuid[], %s::text[])) ORDER BY version
"""
_INSERT = """
    INSERT INTO vault_dek (id, subject_id, klass, version, kek_version, wrapped, created_at)
    SELECT fresh.id, subject_id, klass, 1, kek_version, wrapped, %s
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::int[], %s::bytea[])
         AS fresh (id, subject_id, klass, kek_version, wrapped)
    ON CONFLICT DO NOTHING
"""
