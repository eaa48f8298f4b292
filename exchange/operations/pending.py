"""Files sent to the import page, sealed until they are confirmed or given up."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from core import outbox
from core.errors import OperationRefused
from exchange.models import PendingFile, PendingImport
from exchange.operations.register import PAGE_ROWS
from exchange.reading.limits import MEGABYTE
from exchange.reading.register import Reading, open_register

IMPORT = "dossiers.import_register"
KEPT = timedelta(hours=2)
LARGEST = 20 * MEGABYTE
TOO_LARGE = "Ces fichiers dépassent 20 Mo ensemble. Envoyez-les en plusieurs fois."


@transaction.atomic
def receive(files: Iterable[tuple[str, bytes]], *, by: User) -> PendingImport:
    """Keep the files of a person for two hours; her former ones go.

    Raises `OperationRefused` for a bad file, or a register too long for the page.
    """
    require(by, IMPORT)
    sent = list(files)
    if sum(len(content) for _, content in sent) > LARGEST:
        raise OperationRefused(TOO_LARGE)
    _refuse_too_many(open_register(_streams(sent), today=timezone.localdate()))
    PendingImport.objects.filter(owner=by).delete()
    pending = PendingImport.objects.create(owner=by, created_at=timezone.now())
    outbox.enqueue("import.expired", after=KEPT, pending=str(pending.pk))
    for rank, (name, content) in enumerate(sent):
        PendingFile(
            subject_id=pending.pk,
            pending=pending,
            rank=rank,
            name=name,
            content=base64.b64encode(content).decode(),
        ).save(force_insert=True)
    journal.record("register.received", target=pending.pk, by=by, files=len(sent))
    return pending


def open_pending(pending: PendingImport) -> Reading:
    """The register of a pending import, ready to be read again and again."""
    sent = [
        (file.name, base64.b64decode(file.content))
        for file in PendingFile.objects.filter(pending=pending).order_by("rank")
    ]
    return open_register(_streams(sent), today=timezone.localdate())


@transaction.atomic
def discard(pending: PendingImport, *, by: User) -> None:
    """Delete the files: they were imported, or given up."""
    journal.record("register.discarded", target=pending.pk, by=by)
    pending.delete()


def expire(pending_id: UUID) -> None:
    """Delete files that nobody confirmed nor gave up, in the worker's transaction."""
    found = PendingImport.objects.filter(pk=pending_id)
    if found.exists():
        journal.record("register.expired", target=pending_id, by=None)
        found.delete()


def _refuse_too_many(reading: Reading) -> None:
    """The page waits for an answer: it reads a few hundred rows, the command reads them all."""
    rows: set[tuple[str, str, int]] = set()
    for item in reading.only("situations"):
        rows.add((item.file, item.sheet, item.row))
        if len(rows) > PAGE_ROWS:
            raise OperationRefused(
                f"Ce registre a plus de {PAGE_ROWS} lignes. Découpez-le, ou demandez à l’administrateur technique "
                "de l’importer par la commande « import_register »."
            )


def _streams(files: Iterable[tuple[str, bytes]]) -> list[tuple[str, io.BytesIO]]:
    return [(name, io.BytesIO(content)) for name, content in files]
