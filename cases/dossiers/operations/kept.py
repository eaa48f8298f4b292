"""What somebody wrote and sent when her session had just ended: kept an hour, opened by her browser alone.

The key goes to the browser and stays nowhere else; the row names neither dossier nor question.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import Session, User
from cases.dossiers.models import KeptWriting
from core import outbox
from vault import texts

KEPT = timedelta(hours=1)
LONGEST = 400_000  # letters: a step whose every text is at its longest
USE = "kept-writing"


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written, under the names of the fields; where (the address of the step), and when."""

    id: UUID
    path: str
    fields: Mapping[str, list[str]]
    at: datetime


@transaction.atomic
def keep_writing(session_key: str, path: str, fields: Mapping[str, list[str]]) -> str | None:
    """Keep what was sent to `path`; what the browser must hold to take it back, or None when nothing is kept.

    Only for a session that existed: a visitor fills nobody's shelf. Whose it was says to whom it is offered.
    """
    owner_id = Session.objects.filter(session_key=session_key).values_list("user_id", flat=True).first()
    said = json.dumps({"path": path, "fields": dict(fields)}, ensure_ascii=False)
    if owner_id is None or len(said) > LONGEST:
        return None
    now = timezone.now()
    key, sealed = texts.seal_for_holder(said, USE)
    kept = KeptWriting(id=uuid4(), owner_id=owner_id, sealed=sealed, written_at=now, expires_at=now + KEPT)
    kept.save(force_insert=True)
    outbox.enqueue("writing.expired", after=KEPT, writing=str(kept.pk))
    return f"{kept.pk}.{key}"


def kept_writing(ticket: str, path: str, *, user: User) -> Kept | None:
    """What `user` wrote at this address, when her browser holds its key and the hour is not over."""
    found = _row(ticket, user)
    if found is None:
        return None
    row, key = found
    opened = texts.open_for_holder(bytes(row.sealed), key, USE)
    if opened is None:
        return None
    said = json.loads(opened)
    return Kept(row.pk, said["path"], said["fields"], row.written_at) if said["path"] == path else None


@transaction.atomic
def forget_writing(ticket: str, *, user: User) -> None:
    """Taken up, or given up: it is gone."""
    found = _row(ticket, user)
    if found is not None:
        found[0].delete()


def forget_expired(writing_id: UUID) -> None:
    """Delete what is over, in the worker's transaction."""
    KeptWriting.objects.filter(pk=writing_id, expires_at__lte=timezone.now()).delete()


def _row(ticket: str, user: User) -> tuple[KeptWriting, str] | None:
    name, _, key = ticket.partition(".")
    try:
        pk = UUID(name)
    except ValueError:
        return None
    row = KeptWriting.objects.live().filter(pk=pk, owner=user).first()
    return None if row is None else (row, key)
