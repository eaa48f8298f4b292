"""Ids that nobody can link back once their period is closed: HMAC under a key of the period, then destroyed."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone

from vault import kek
from vault.errors import PeriodClosed, Tampered
from vault.keystore import KEYSTORE, PeriodKey


def keyed_id(period: str, value: bytes) -> UUID:
    """The id of `value` in this period: always the same while the period's key lives. Errors of `keyed_ids`."""
    return keyed_ids(period, [value])[0]


def keyed_ids(period: str, values: Iterable[bytes]) -> list[UUID]:
    """The ids of `values`, with one look at the keystore. The key is made the first time.

    HMAC-SHA256 cut to 128 bits. The key is read again each time, so that its destruction by another process holds at
    once. Raises `PeriodClosed` once destroyed, `KekMissing`, `Tampered`.
    """
    key = _key(period)
    return [UUID(bytes=hmac.digest(key, value, "sha256")[:16]) for value in values]


def destroy(period: str) -> None:
    """Destroy the period's key for good: its ids cannot be made again, even if it never had any. Idempotent."""
    _make(period)
    PeriodKey.objects.using(KEYSTORE).filter(name=period, destroyed_at__isnull=True).update(
        wrapped=None, destroyed_at=timezone.now()
    )


def is_destroyed(period: str) -> bool:
    """Whether the period's key was destroyed."""
    return PeriodKey.objects.using(KEYSTORE).filter(name=period, destroyed_at__isnull=False).exists()


def _key(period: str) -> bytes:
    row = PeriodKey.objects.using(KEYSTORE).filter(name=period).first()
    if row is None:
        _make(period)
        row = PeriodKey.objects.using(KEYSTORE).get(name=period)
    if row.wrapped is None:
        raise PeriodClosed(period)
    try:
        return kek.unwrap(row.kek_version, bytes(row.wrapped), _use(period))
    except kek.NotUnwrapped:
        raise Tampered("vault.period_key", row=row.pk, subject=None) from None


def _make(period: str) -> None:
    """A key for the period unless it has, or had, one; of two processes at once, the first one's stays."""
    version, wrapped = kek.wrap(os.urandom(kek.SIZE), _use(period))
    row = PeriodKey(name=period, kek_version=version, wrapped=wrapped)
    PeriodKey.objects.using(KEYSTORE).bulk_create([row], ignore_conflicts=True)


def _use(period: str) -> bytes:
    return b"period|" + period.encode()
