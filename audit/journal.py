"""Writing the journal: in the same transaction as what it tells."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.utils import timezone

from audit.models import Entry, Kind
from core.gathering import insert

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

Code = str | int | bool | None | list[str]
CODE = re.compile(r"[A-Za-z0-9_.:-]{0,80}")


def record(
    event: str, *, target: UUID, dossier: UUID | None = None, by: AbstractBaseUser | UUID | None, **codes: Code
) -> Entry:
    """Tell that `by` did `event` on `target`; `by=None` is the system.

    `codes` are codes, numbers and identifiers. Raises `ValueError` for anything that could be
    a value or a free text (a space, an accent, an address, more than 80 characters, an amount, a date).
    """
    return _write(Kind.ACT, event, target, dossier, by, codes)


def record_reading(
    event: str, *, target: UUID, dossier: UUID | None = None, by: AbstractBaseUser | UUID | None, **codes: Code
) -> Entry:
    """Tell that `by` saw `target`; same rules as `record`."""
    return _write(Kind.READ, event, target, dossier, by, codes)


def _write(
    kind: Kind,
    event: str,
    target: UUID,
    dossier: UUID | None,
    by: AbstractBaseUser | UUID | None,
    codes: dict[str, Code],
) -> Entry:
    for name, value in codes.items():
        _require_code(name, value)
    entry = Entry(
        id=uuid4(),
        recorded_at=timezone.now(),
        kind=kind,
        event=event,
        target_id=target,
        dossier_id=dossier,
        actor_id=by if by is None or isinstance(by, UUID) else by.pk,
        codes=codes,
    )
    entry.leaf = leaf_hash(entry)
    insert(entry)
    return entry


def _require_code(name: str, value: Code) -> None:
    parts: list[Code] = list(value) if isinstance(value, list) else [value]
    for part in parts:
        known = isinstance(part, str | int | None)
        if not known or (isinstance(part, str) and not CODE.fullmatch(part)):
            raise ValueError(f"the journal takes codes and identifiers only: « {name} » is not one")


def canonical(entry: Entry) -> bytes:
    """The entry as bytes that any program can make again: JSON, sorted keys, no spaces, UTC microseconds."""
    told = {
        "id": str(entry.id),
        "recorded_at": entry.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": str(entry.kind),
        "event": entry.event,
        "target": str(entry.target_id),
        "dossier": None if entry.dossier_id is None else str(entry.dossier_id),
        "actor": None if entry.actor_id is None else str(entry.actor_id),
        "codes": entry.codes,
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def leaf_hash(entry: Entry) -> bytes:
    """RFC 9162 § 2.1.1: SHA-256 of 0x00 followed by the leaf's bytes (32 bytes)."""
    return hashlib.sha256(b"\x00" + canonical(entry)).digest()
