"""What runs alone: counting what changed."""

from __future__ import annotations

from uuid import UUID

from core import outbox
from reporting import operations


@outbox.handler("dossier.changed", batch=2000)
def dossiers_changed(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: facts are rewritten in place."""
    operations.refresh_dossiers(UUID(payload["dossier"]) for payload in payloads)


@outbox.handler("seance.changed", batch=500)
def seances_changed(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice."""
    operations.refresh_seances(UUID(payload["seance"]) for payload in payloads)


@outbox.handler(operations.GONE, batch=500)
def dossiers_gone(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: what is gone is gone."""
    operations.forget_dossiers(
        operations.Gone(UUID(payload["dossier"]), *(_ids(payload[name]) for name in ("passages", "leases", "facts")))
        for payload in payloads
    )


def _ids(told: str) -> list[UUID]:
    return [UUID(each) for each in told.split(",") if each]
