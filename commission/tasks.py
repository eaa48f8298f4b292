"""What runs alone: the notices that leave when a séance is closed."""

from __future__ import annotations

from uuid import UUID

from commission import operations
from core import outbox


@outbox.handler("examen.notify")
def decision_taken(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: a notice sent is dated on its examen, in the transaction that stamps the message."""
    for payload in payloads:
        operations.notify_prescripteur(UUID(payload["examen"]))
