"""What runs alone: searches that are over are deleted; telling of a prescription, a decision, an emergency."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from cases.dossiers import operations
from cases.dossiers.operations import documents
from cases.dossiers.operations.indexing import LOOK, rebuild_next
from cases.dossiers.operations.kept import forget_expired
from cases.dossiers.operations.letters import notify_instruction
from cases.dossiers.operations.likeness import notice
from cases.dossiers.operations.linking import UNFOLLOW, unfollow
from cases.dossiers.operations.searching import forget_search
from core import outbox
from core.tasks import counted


@outbox.handler("search.expired", batch=200)
def searches_expired(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: what is gone is gone."""
    for payload in payloads:
        forget_search(UUID(payload["search"]))


@outbox.handler("instruction.notify")
def decided(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: a notice sent is kept among the letters, in the transaction that stamps the message."""
    for payload in payloads:
        notify_instruction(UUID(payload["event"]))


@outbox.handler("writing.expired", batch=200)
def writings_expired(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: what is gone is gone."""
    for payload in payloads:
        forget_expired(UUID(payload["writing"]))


@outbox.handler("urgency.tell")
def opened_urgently(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: what was told is dated, in the transaction that stamps the message."""
    for payload in payloads:
        operations.tell_of_urgency(UUID(payload["opening"]))


@outbox.handler("prescription.received")
def prescription_received(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: what was acknowledged is dated, in the transaction that stamps the message."""
    for payload in payloads:
        operations.acknowledge(UUID(payload["prescription"]))


@outbox.handler(documents.DISCARD)
def document_removed(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: what is gone is gone."""
    for payload in payloads:
        documents.discard(UUID(payload["document"]))


@shared_task(name=documents.SWEEP)  # type: ignore[untyped-decorator]
@counted(documents.SWEEP)
def lost_files() -> None:
    """Each night: what a crash left on the disk."""
    documents.sweep()


@outbox.handler(LOOK, batch=50)
def likenesses_noticed(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: a pair is noted once."""
    for payload in payloads:
        notice(UUID(payload["dossier"]))


@outbox.handler(UNFOLLOW)
def links_undone(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: what follows no other goes on following none."""
    for payload in payloads:
        unfollow(UUID(payload["link"]))


@outbox.handler("index.rebuild")
def index_rebuilt(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: a person printed again is printed the same."""
    for payload in payloads:
        rebuild_next(payload["epoch"], UUID(payload["person"]) if payload["person"] else None)
