"""What runs alone: notices when a séance is closed, fiches of what the author of an act does not see."""

from __future__ import annotations

from uuid import UUID

from commission import operations
from core import outbox


@outbox.handler("examen.notify")
def decision_taken(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: a notice sent is dated on its examen, in the transaction that stamps the message."""
    for payload in payloads:
        operations.notify_prescripteur(UUID(payload["examen"]))


@outbox.handler("fiche.follow", batch=200)
def followed(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: only what is missing is made."""
    operations.follow_seances({UUID(payload["seance"]) for payload in payloads if "seance" in payload})
    operations.follow_dossiers({UUID(payload["dossier"]) for payload in payloads if "dossier" in payload})


@outbox.handler("fiche.agreement", batch=200)
def agreed(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: what is closed stays so, what is open is not opened twice."""
    operations.follow_agreements({UUID(payload["dossier"]) for payload in payloads})
