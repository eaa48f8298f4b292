"""Where sessions live: Django's database sessions, sealed. Named by SESSION_ENGINE.

A session holds what an enrolment or a ceremony leaves there for a minute (the secret of a second factor, the words of a
message): a dump must not tell it. Bytes that do not open are an empty session, as a signature that does not match is.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from accounts.models import Session
from vault import texts

ABOUT = "seuil.session"
log = structlog.get_logger("seuil")


class SessionStore(db.SessionStore):
    """The rows of `accounts.Session`."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to write: its clear columns repeat what the list of one's sessions shows."""
        row = super().create_model_instance(data)
        assert isinstance(row, Session)  # noqa: S101  what `get_model_class` names
        about: dict[str, Any] = data.get(ABOUT) or {}
        now = timezone.now()
        row.user_id = UUID(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.ticket = UUID(about["ticket"]) if about else uuid4()
        row.device = about.get("device", "")
        row.opened_at = datetime.fromisoformat(about["opened_at"]) if about else now
        row.seen_at = now
        row.is_kept = about.get("kept", False)
        return row

    def encode(self, session_dict: dict[str, Any]) -> str:
        """The data of the session, sealed."""
        return texts.seal_briefly(json.dumps(session_dict, separators=(",", ":")), "session")

    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        """The data again; nothing when the bytes were changed."""
        opened = texts.unseal_briefly(str(session_data), "session")
        if opened is None:
            log.warning("session.not_opened")
            return {}
        found: dict[str, Any] = json.loads(opened)
        return found
