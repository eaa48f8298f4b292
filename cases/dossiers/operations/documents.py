"""Keeping a piece, noting one that was only seen, verifying it, removing it for good, reading it."""

from __future__ import annotations

import hashlib
import json
from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.backends import memberships_of
from accounts.grants import require
from accounts.models import Organisation, User
from audit import journal
from cases.dossiers.models import (
    Document,
    DocumentContent,
    Dossier,
    Media,
    Participant,
    PieceKind,
    PieceRequest,
    Removal,
    State,
)
from cases.dossiers.operations.acts import IDENTITY, INSTRUCT, RESOURCES
from cases.dossiers.operations.inspecting import Inspected
from cases.dossiers.operations.telling import tell_members
from core import outbox
from core.errors import OperationRefused
from core.locking import lock
from vault import files, streams
from vault.models import KeyClass
from vault.streams import FileKey

JOIN = "dossiers.join_document"
READS = {
    KeyClass.IDENTITY: IDENTITY,
    KeyClass.SOCIAL: RESOURCES,
    KeyClass.HEALTH: "dossiers.write_health",
    KeyClass.BANK: "dossiers.read_bank",
}
"""Who reads the pieces of each class; PostgreSQL asks the same (`config/db_rights/documents.py`)."""
DETAILS = "details"
LEFT_ALONE = timedelta(days=1)  # a file younger than that may still be on its way to its row
DISCARD, SWEEP = "document.discard", "document.sweep"


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A piece to keep. Without `person` it is the household's; `is_checked`: legible and right, by who joins it."""

    kind: str
    content: Inspected
    received_on: date
    person: UUID | None = None
    valid_until: date | None = None
    is_checked: bool = False
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True)
class SeenPiece:
    """A piece that was seen, and handed back."""

    kind: str
    person: UUID | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A piece open to its reader: `verify()` first, then `blocks()` gives it, chunk after chunk."""

    document: Document
    name: str
    digest: str
    _key: FileKey

    def blocks(self) -> Iterator[bytes]:
        """Its content. Raises `Tampered` where it is not what was kept."""
        try:
            yield from self._key.open(files.documents().blocks(self.document.file))
        except FileNotFoundError:
            raise self.document.place.tampered() from None

    def verify(self) -> None:
        """Read it through before a single byte is shown. Raises `Tampered`."""
        for _ in self.blocks():
            pass


@transaction.atomic
def add_documents(dossier_id: UUID, new: Sequence[NewDocument], *, by: User | None) -> list[Document]:
    """Keep these pieces, all of them or none; the requests that they answer are closed.

    Raises `OperationRefused` on a closed dossier, for a kind that is not offered, a person who is not of the household,
    a date to come, a version of what is not there.
    """
    dossier = _joined(dossier_id, by)
    desk, made = _desk(dossier, by, {each.kind for each in new}), []
    for each in new:
        if each.received_on > timezone.localdate():
            raise OperationRefused("Écrivez le jour de la réception : il est passé, ou c’est aujourd’hui.")
        kind = desk.kinds[each.kind]
        document = _row(desk, kind, each.person, received_on=each.received_on, valid_until=each.valid_until)
        former = _replaced(document, each.replaces)
        document.is_kept, document.media, document.size = True, each.content.media, each.content.size
        document.version = former.version + 1 if former else 1
        document.replaces = former
        if each.is_checked and may_check(by, kind.klass):
            document.checked_at, document.checked_by = document.added_at, by
        content = _seal(document, each.content)
        document.save(force_insert=True)
        content.save(force_insert=True)
        _answer(desk, document)
        journal.record(
            "document.added", target=document.pk, dossier=dossier.pk, by=by, klass=kind.klass, version=document.version
        )
        made.append(document)
    tell_members(dossier)  # the fiche says how many are expected
    return made


@transaction.atomic
def see_pieces(dossier_id: UUID, seen: Sequence[SeenPiece], *, by: User | None, on: date) -> list[Document]:
    """These pieces were seen on that day, and are not kept: they count as received and verified."""
    dossier = _joined(dossier_id, by, permission=INSTRUCT)
    if on > timezone.localdate():
        raise OperationRefused("Écrivez le jour où la pièce a été vue : il est passé, ou c’est aujourd’hui.")
    desk, made = _desk(dossier, by, {each.kind for each in seen}), []
    for each in seen:
        kind = desk.kinds[each.kind]
        if not may_check(by, kind.klass):
            raise OperationRefused("Cette pièce est vue par qui peut la lire.")
        document = _row(desk, kind, each.person, received_on=on, valid_until=each.valid_until)
        document.is_kept = False
        document.checked_at, document.checked_by = document.added_at, by
        made.append(document)
    Document.objects.bulk_create(made)
    for document in made:
        _answer(desk, document)
    journal.record("document.seen", target=dossier.pk, dossier=dossier.pk, by=by, count=len(made))
    tell_members(dossier)
    return made


@transaction.atomic
def check_document(document_id: UUID, *, by: User) -> Document:
    """It was read: legible, of the right person, in force. Raises `OperationRefused` when that was done, or removed."""
    document = lock(Document.objects, document_id)
    require(by, INSTRUCT if document.klass != KeyClass.HEALTH else READS[KeyClass.HEALTH], document.dossier)
    if not may_check(by, document.klass):
        raise OperationRefused("Cette pièce se vérifie par qui peut la lire.")
    if document.removed_at is not None:
        raise OperationRefused("Cette pièce a été retirée.")
    if document.checked_at is not None:
        raise OperationRefused("Cette pièce est déjà vérifiée.")
    document.checked_at, document.checked_by = timezone.now(), by
    document.save(update_fields=["checked_at", "checked_by"])
    journal.record("document.checked", target=document.pk, dossier=document.dossier_id, by=by, klass=document.klass)
    tell_members(document.dossier)
    return document


@transaction.atomic
def remove_document(document_id: UUID, reason: str, *, by: User) -> Document:
    """The piece is no more: PostgreSQL deletes its key in this transaction, the worker its file right after.

    What stays is that it was there, who removed it, and why, in a code. By who instructs and may read it, or by who
    joined it, while they see the dossier; a bank statement, which nobody who instructs reads, by who instructs too.
    Raises `OperationRefused`.
    """
    document = lock(Document.objects, document_id)
    if document.added_by_id == by.pk and by.has_perm(JOIN):
        require(by, JOIN, document.dossier)
    else:
        require(by, INSTRUCT if document.klass != KeyClass.HEALTH else READS[KeyClass.HEALTH], document.dossier)
        if not may_remove(by, document):
            raise OperationRefused("Cette pièce se retire par qui peut la lire, ou par qui l’a jointe.")
    if reason not in Removal.values:
        raise OperationRefused("Choisissez dans la liste pourquoi la pièce est retirée.")
    if document.removed_at is not None:
        raise OperationRefused("Cette pièce est déjà retirée.")
    document.removed_at, document.removed_by, document.removal = timezone.now(), by, reason
    document.save(update_fields=["removed_at", "removed_by", "removal"])
    if document.file:
        outbox.enqueue(DISCARD, document=str(document.pk))
    journal.record(
        "document.removed", target=document.pk, dossier=document.dossier_id, by=by, reason=reason, klass=document.klass
    )
    tell_members(document.dossier)
    return document


def open_document(document: Document) -> Opened:
    """The piece, open. Raises `OperationRefused` when it is not kept, or not for the acting person; `Tampered`."""
    content = DocumentContent.objects.filter(document=document).first()
    if content is None:
        raise OperationRefused("Cette pièce ne s’ouvre pas : elle n’est pas conservée, ou pas pour vous.")
    key = streams.open_key(bytes(content.wrapped_key), document.place)
    told = json.loads(key.open_text(bytes(content.details), DETAILS))
    return Opened(document, told["name"], told["sha256"], key)


def discard(document_id: UUID) -> None:
    """The worker deletes the file of a removed piece. Safe to run twice."""
    document = Document.objects.get(pk=document_id)
    if document.removed_at is not None and document.file:
        files.documents().drop(document.file)


def sweep() -> int:
    """The worker deletes the files that no piece names: what a crash left behind. How many."""
    store = files.documents()
    old = list(store.old(timezone.now() - LEFT_ALONE))
    named = set(Document.objects.filter(removed_at=None, file__in=old).values_list("file", flat=True))
    for name in (lost := [name for name in old if name not in named]):
        store.drop(name)
    return len(lost)


def may_check(by: User | None, klass: str) -> bool:
    """Does `by` read this class, and verify? `None`, the system, does."""
    return by is None or (by.has_perm(READS[KeyClass(klass)]) and (by.has_perm(INSTRUCT) or klass == KeyClass.HEALTH))


def may_remove(by: User, document: Document) -> bool:
    """Whether `remove_document` lets this person, who sees the dossier; one instructs a bank statement unread."""
    is_unread = document.klass == KeyClass.BANK and by.has_perm(INSTRUCT)
    return is_unread or document.added_by_id == by.pk or may_check(by, document.klass)


def usual_end(kind: PieceKind, received_on: date) -> date | None:
    """Until when a piece of this kind is valid, when it does not say it itself."""
    if kind.months is None:
        return None
    year, month = divmod(received_on.year * 12 + received_on.month - 1 + kind.months, 12)
    return date(year, month + 1, min(received_on.day, monthrange(year, month + 1)[1]))


def _joined(dossier_id: UUID, by: User | None, *, permission: str = JOIN) -> Dossier:
    dossier = lock(Dossier.objects, dossier_id)
    require(by, permission, dossier)
    if dossier.state == State.CLOS:
        raise OperationRefused("Ce dossier est clos : rouvrez-le avant d’y joindre une pièce.")
    return dossier


@dataclass(frozen=True, slots=True)
class _Desk:
    """What is read once to join several pieces."""

    dossier: Dossier
    by: User | None
    body: Organisation | None
    kinds: Mapping[str, PieceKind]
    members: Collection[UUID]
    requests: Sequence[PieceRequest]


def _desk(dossier: Dossier, by: User | None, codes: Collection[str]) -> _Desk:
    kinds = PieceKind.objects.in_bulk(codes)
    if kinds.keys() != set(codes):
        raise OperationRefused("Choisissez la nature de la pièce dans la liste.")
    members = set(Participant.objects.filter(dossier=dossier).values_list("person", flat=True))
    requests = list(PieceRequest.objects.filter(dossier=dossier, closed_at=None))
    return _Desk(dossier, by, _body(by), kinds, members, requests)


def _row(desk: _Desk, kind: PieceKind, person: UUID | None, *, received_on: date, valid_until: date | None) -> Document:
    if person is not None and person not in desk.members:
        raise OperationRefused("Cette personne n’est pas de ce ménage : choisissez dans la liste.")
    return Document(
        id=uuid4(),
        subject_id=person or desk.dossier.household_id,
        dossier=desk.dossier,
        person_id=person,
        kind=kind.code,
        klass=kind.klass,
        received_on=received_on,
        valid_until=valid_until,
        added_at=timezone.now(),
        added_by=desk.by,
        added_for=desk.body,
    )


def _body(by: User | None) -> Organisation | None:
    """For whom one acts: the organisation of one's first role in force."""
    held = memberships_of(by) if by is not None else []
    return held[0].organisation if held else None


def _replaced(document: Document, former_id: UUID | None) -> Document | None:
    if former_id is None:
        return None
    former = Document.objects.filter(pk=former_id, dossier=document.dossier_id, removed_at=None).first()
    if former is None or former.kind != document.kind or former.person_id != document.person_id:
        raise OperationRefused("La pièce à remplacer n’est plus là : joignez celle-ci comme une nouvelle pièce.")
    if Document.objects.filter(replaces=former, removed_at=None).exists():
        raise OperationRefused("Cette pièce a déjà été remplacée : revenez à la liste pour voir la dernière version.")
    return former


def _seal(document: Document, content: Inspected) -> DocumentContent:
    """The file first, complete on the disk, under a key of its own; then the row that opens it, for the caller to save.

    A transaction that fails leaves a file without a row, which the sweep drops.
    """
    key, wrapped = streams.new_key(document.place)
    digest = hashlib.sha256()

    def read() -> Iterator[bytes]:
        for block in content.blocks():
            digest.update(block)
            yield block

    document.file = files.documents().keep(key.seal(read()))
    told = json.dumps({"name": content.file.name or "", "sha256": digest.hexdigest()})
    return DocumentContent(
        id=document.pk,
        subject_id=document.subject_id,
        document=document,
        dossier_id=document.dossier_id,
        klass=document.klass,
        wrapped_key=wrapped,
        details=key.seal_text(told, DETAILS),
    )


def _answer(desk: _Desk, document: Document) -> None:
    """The open requests of this piece are closed: it came."""
    answered = [
        request.pk
        for request in desk.requests
        if request.person_id == document.person_id and request.kind == document.kind
    ]
    if answered:
        PieceRequest.objects.filter(pk__in=answered).update(closed_at=timezone.now(), document=document)


def extension_of(media: str) -> str:
    """How the name of a served file ends."""
    return {Media.PDF: "pdf", Media.JPEG: "jpg", Media.PNG: "png"}[Media(media)]
