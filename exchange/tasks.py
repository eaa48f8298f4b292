"""What runs alone: files received and forgotten are deleted."""

from __future__ import annotations

from uuid import UUID

from core import outbox
from exchange.operations import expire


@outbox.handler("import.expired", batch=50)
def imports_expired(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: what is gone is gone."""
    for payload in payloads:
        expire(UUID(payload["pending"]))
