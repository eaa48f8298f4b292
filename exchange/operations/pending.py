"""Files sent to the import page, sealed until they are confirmed or given up."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from core import jobs, outbox
from core.db import acting_as
from core.errors import OperationRefused
from core.models import Job
from exchange.models import PendingFile, PendingImport, Sent
from exchange.operations.mappings import told_by
from exchange.operations.register import MOST_ROWS, Report, Tell, import_register
from exchange.reading.columns import EXTRACTION, MEANT, Kind, Unrecognised
from exchange.reading.extraction import Extraction, open_extraction
from exchange.reading.files import Sheet
from exchange.reading.limits import HEADER_ROWS, MEGABYTE
from exchange.reading.register import Reading, open_register
from exchange.reading.rows import BadCell, SituationRow
from exchange.reading.telling import Unknown, unknown_sheets

IMPORT = "dossiers.import_register"
JOB = "register.import"
KEPT = timedelta(hours=2)
LARGEST = 20 * MEGABYTE
UNDER_WAY = "Cet import est en cours : arrêtez-le d’abord, depuis la page qui le suit."
REFUSED_ROWS = "Rien n’a été écrit : une ligne au moins est refusée. Relisez le tableau des cellules refusées."
GONE = "Rien n’a été écrit : les fichiers envoyés ont été supprimés. Envoyez-les de nouveau."
TOO_LARGE = "Ces fichiers dépassent 20 Mo ensemble. Envoyez-les en plusieurs fois."

TOO_MANY_ROWS = (
    "Ce registre a plus de {} lignes. Découpez-le, ou demandez à l’administrateur technique "
    "de l’importer par la commande « import_register »."
)

TOO_LONG_EXTRACTION = "Cette extraction a plus de {} lignes. Découpez-la, par exemple par année de demande."


@transaction.atomic
def receive(files: Iterable[tuple[str, bytes]], *, by: User, kind: Sent = Sent.REGISTER) -> PendingImport:
    """Keep the files of a person for two hours; her former ones of the kind go, but those of an import under way.

    Headers that are not recognised are kept too, when a person may tell what they mean (see `unknown_of`). Raises
    `OperationRefused` for a bad file, or one too long for the page.
    """
    require(by, IMPORT)
    sent = list(files)
    if sum(len(content) for _, content in sent) > LARGEST:
        raise OperationRefused(TOO_LARGE)
    _refuse_unreadable(sent, kind, by=by)
    PendingImport.objects.filter(owner=by, kind=kind).exclude(pk__in=_at_work(by).values("target")).delete()
    pending = PendingImport.objects.create(owner=by, kind=kind, created_at=timezone.now())
    outbox.enqueue("import.expired", after=KEPT, pending=str(pending.pk))
    for rank, (name, content) in enumerate(sent):
        PendingFile(
            subject_id=pending.pk,
            pending=pending,
            rank=rank,
            name=name,
            content=base64.b64encode(content).decode(),
        ).save(force_insert=True)
    event = "register.received" if kind == Sent.REGISTER else "si_siao.received"
    journal.record(event, target=pending.pk, by=by, files=len(sent))
    return pending


def open_pending(pending: PendingImport) -> Reading:
    """The register of a pending import, ready to be read again and again.

    Raises `Unrecognised` while somebody has to say what its columns hold.
    """
    return open_register(_streams(_sent(pending)), today=timezone.localdate(), told=told_by(pending.owner))


def read_extraction(pending: PendingImport) -> Extraction:
    """What SI-SIAO gives, of a pending import.

    Raises `Unrecognised` while somebody has to say what its columns hold.
    """
    told = told_by(pending.owner, EXTRACTION)
    return open_extraction(_streams(_sent(pending)), today=timezone.localdate(), told=told)


def unknown_of(pending: PendingImport) -> list[Unknown]:
    """The sheets of a pending import whose columns its sender may tell."""
    kind = _kind(pending.kind)
    return unknown_sheets(_streams(_sent(pending)), told_by(pending.owner, kind), kind)


@transaction.atomic
def discard(pending: PendingImport, *, by: User) -> None:
    """Delete the files: they were imported, or given up. Raises `OperationRefused` while a job reads them."""
    if job_of(pending, by=by):
        raise OperationRefused(UNDER_WAY)
    _delete(pending, by=by)


def rows_of(reading: Reading) -> int:
    """How many rows of situations the register has, bad ones included."""
    report = Report()
    report.count(item for item in reading.only("situations") if isinstance(item, SituationRow | BadCell))
    return report.rows


@transaction.atomic
def import_in_background(pending: PendingImport, *, by: User, rows: int, keep_going: bool, back: str) -> Job:
    """Ask for the import of a long register; the job under way when it was asked already.

    `back` is the address where one looks at the register again when nothing was written.
    """
    require(by, IMPORT)
    job = jobs.start(
        JOB,
        by=by,
        total=rows,
        target=pending.pk,
        url=back,
        action="Revoir ce registre",
        pending=str(pending.pk),
        keep_going=int(keep_going),
    )
    journal.record("register.queued", target=pending.pk, by=by, rows=rows)
    return job


def import_pending(pending_id: UUID, *, by: User, keep_going: bool, tell: Tell) -> Report:
    """Import the files of a person as herself, in the worker's transaction, and delete them.

    Raises `OperationRefused` when a row is refused and one did not say to keep going, or when the files are gone.
    """
    with acting_as(by):
        pending = PendingImport.objects.filter(pk=pending_id).first()
        if pending is None:
            raise OperationRefused(GONE)
        report = import_register(open_pending(pending), by=by, keep_going=keep_going, tell=tell)
        if not report.written:
            raise OperationRefused(REFUSED_ROWS)
        _delete(pending, by=by)
    return report


def job_of(pending: PendingImport, *, by: User) -> Job | None:
    """The job that imports these files now, or is about to."""
    return _at_work(by).filter(target=pending.pk).first()


def imports_under_way(by: User) -> QuerySet[Job]:
    """The imports of a person that go on while she does something else, the last one first."""
    return _at_work(by).order_by("-created_at")


def _at_work(by: User) -> QuerySet[Job]:
    return Job.objects.live().filter(kind=JOB, owner=by)


def _delete(pending: PendingImport, *, by: User) -> None:
    journal.record("register.discarded", target=pending.pk, by=by)
    pending.delete()


def expire(pending_id: UUID) -> None:
    """Delete files that nobody confirmed nor gave up, in the worker's transaction; later when a job reads them."""
    found = PendingImport.objects.filter(pk=pending_id)
    if Job.objects.live().filter(kind=JOB, target=pending_id).exists():
        outbox.enqueue("import.expired", after=KEPT, pending=str(pending_id))
    elif found.exists():
        journal.record("register.expired", target=pending_id, by=None)
        found.delete()


def _sent(pending: PendingImport) -> list[tuple[str, bytes]]:
    files = PendingFile.objects.filter(pending=pending).order_by("rank")
    return [(file.name, base64.b64decode(file.content)) for file in files]


def _kind(sent: str) -> Kind:
    return MEANT if sent == Sent.REGISTER else EXTRACTION


def _refuse_unreadable(sent: list[tuple[str, bytes]], kind: Sent, *, by: User) -> None:
    """Raises `OperationRefused` for files that are not of this kind, nor ones whose columns may be told."""
    told, today = told_by(by, _kind(kind)), timezone.localdate()

    def read(files: list[tuple[str, bytes]]) -> Reading | Extraction:
        opener = open_register if kind == Sent.REGISTER else open_extraction
        return opener(_streams(files), today=today, told=told)

    try:
        _refuse_too_many(read(sent))
    except Unrecognised:
        for each in sent:  # those that are read, or may be; the others refuse the whole
            try:
                read([each])
            except Unrecognised:
                sheets = unknown_sheets(_streams([each]), told, _kind(kind))
                if not sheets:
                    raise
                if any(_is_too_long(sheet.sheet) for sheet in sheets):
                    raise OperationRefused(TOO_MANY_ROWS.format(MOST_ROWS)) from None


def _is_too_long(sheet: Sheet) -> bool:
    """More rows than the page reads, titles and totals aside."""
    return any(number > MOST_ROWS + HEADER_ROWS for number, _ in sheet.rows())


def _refuse_too_many(reading: Reading | Extraction) -> None:
    """The page compares every row with what is known while one waits; the command reads a register whole."""
    if isinstance(reading, Extraction):
        if len(reading.rows) + len(reading.bad) > MOST_ROWS:
            raise OperationRefused(TOO_LONG_EXTRACTION.format(MOST_ROWS))
    elif rows_of(reading) > MOST_ROWS:
        raise OperationRefused(TOO_MANY_ROWS.format(MOST_ROWS))


def _streams(files: Iterable[tuple[str, bytes]]) -> list[tuple[str, io.BytesIO]]:
    return [(name, io.BytesIO(content)) for name, content in files]
