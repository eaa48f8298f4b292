"""What runs alone: long registers are imported; files received and forgotten are deleted."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from accounts.models import User
from core import jobs, outbox
from exchange.operations import JOB, expire, import_pending
from exchange.words import imported


@jobs.runner(JOB, title="Import du registre", counted="ligne lue,lignes lues")
def register(running: jobs.Running, *, pending: str, keep_going: int) -> jobs.Ended:
    """All of the register or nothing, as the person who asked for it, with her rights of now."""
    owner = User.objects.get(pk=running.job.owner_id)
    report = import_pending(UUID(pending), by=owner, keep_going=bool(keep_going), tell=running.tell)
    return jobs.Ended(imported(report), reverse("dossiers:list"), "Voir les dossiers")


@outbox.handler("import.expired", batch=50)
def imports_expired(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: what is gone is gone."""
    for payload in payloads:
        expire(UUID(payload["pending"]))
