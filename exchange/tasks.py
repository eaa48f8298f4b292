"""What runs alone: long registers are imported; files received and forgotten, keys of who is gone, are deleted."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from accounts.models import User
from core import jobs, outbox
from core.db import acting_as
from exchange.operations import FORGET, JOB, JOB_UNDO, expire, forget_subjects, import_pending, undo_import
from exchange.words import imported, undone


@jobs.runner(JOB, title="Import du registre", counted="ligne lue,lignes lues")
def register(running: jobs.Running, *, pending: str, keep_going: int) -> jobs.Ended:
    """All of the register or nothing, as the person who asked for it, with her rights of now."""
    owner = User.objects.get(pk=running.job.owner_id)
    report = import_pending(UUID(pending), by=owner, keep_going=bool(keep_going), tell=running.tell)
    return jobs.Ended(imported(report), reverse("dossiers:list"), "Voir les dossiers")


@jobs.runner(JOB_UNDO, title="Import à défaire", counted="dossier,dossiers")
def undo(running: jobs.Running, *, asked: str) -> jobs.Ended:
    """All of the import or nothing, as the person who asked for it, with her rights of now."""
    owner = User.objects.get(pk=running.job.owner_id)
    with acting_as(owner):
        told = undo_import(UUID(asked), by=owner)
    return jobs.Ended(undone(told), reverse("exchange:import"), "Revenir à l’import")


@outbox.handler("import.expired", batch=50)
def imports_expired(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: what is gone is gone."""
    for payload in payloads:
        expire(UUID(payload["pending"]))


@outbox.handler(FORGET, batch=50)
def subjects_gone(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: a key is destroyed once."""
    forget_subjects({UUID(each) for payload in payloads for each in payload["subjects"].split(",")})
