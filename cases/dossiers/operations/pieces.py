"""Asking for the pieces that a dossier lacks, and what is awaited from whom."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import (
    Asked,
    Dossier,
    Participant,
    PieceKind,
    PieceRequest,
    State,
)
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.moves import ask_for_pieces
from core.errors import OperationRefused
from core.locking import lock
from vault import keys
from vault.asking import Keys, Question
from vault.models import KeyClass


@dataclass(frozen=True, slots=True)
class AskedPiece:
    """A piece to ask for."""

    kind: str
    person: UUID | None = None


@dataclass(frozen=True, slots=True)
class PieceAwaited:
    """An open request on a dossier that one sees: what, of whom, since when, until when."""

    dossier: Dossier
    kind: PieceKind
    request: PieceRequest
    is_late: bool


@dataclass(frozen=True, slots=True)
class PieceExpected:
    """A piece in words for who is asked for it, and until when."""

    label: str
    due_on: date
    is_late: bool


@transaction.atomic
def ask_pieces(
    dossier_id: UUID,
    pieces: Sequence[AskedPiece],
    *,
    whom: str,
    due_on: date,
    remind_on: date | None = None,
    by: User | None,
    on: date,
) -> list[PieceRequest]:
    """Ask for these pieces, one request each; a dossier being evaluated is then « à compléter ».

    A piece that is asked for already is asked anew, with the new dates. Raises `OperationRefused` without a piece, for
    dates out of order, for a kind that the SIAO does not read.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    _require_asked(dossier, pieces, whom, due_on, remind_on, on)
    kinds = _offered({piece.kind for piece in pieces})
    waiting = PieceRequest.objects.filter(dossier=dossier, closed_at=None)
    again = [each.pk for each in waiting if AskedPiece(each.kind, each.person_id) in pieces]
    PieceRequest.objects.filter(pk__in=again).update(closed_at=timezone.now())
    made = [
        PieceRequest(
            id=uuid4(),
            subject_id=piece.person or dossier.household_id,
            dossier=dossier,
            person_id=piece.person,
            kind=piece.kind,
            whom=whom,
            asked_on=on,
            asked_by=by,
            remind_on=remind_on,
            due_on=due_on,
        )
        for piece in dict.fromkeys(pieces)
    ]
    PieceRequest.objects.bulk_create(made)
    journal.record("pieces.asked", target=dossier.pk, dossier=dossier.pk, by=by, count=len(made), whom=whom)
    if dossier.state == State.EN_EVALUATION:
        labels = ", ".join(dict.fromkeys(kinds[piece.kind].label for piece in pieces))
        ask_for_pieces(dossier.pk, by=by, on=on, note=f"Pièces demandées : {labels}.")
    return made


@transaction.atomic
def withdraw_request(request_id: UUID, *, by: User) -> PieceRequest:
    """The piece is no longer waited for. Raises `OperationRefused` when the request is closed."""
    request = lock(PieceRequest.objects, request_id)
    require(by, INSTRUCT, request.dossier)
    if request.closed_at is not None:
        raise OperationRefused("Cette demande est déjà close.")
    request.closed_at = timezone.now()
    request.save(update_fields=["closed_at"])
    journal.record("pieces.request_withdrawn", target=request.pk, dossier=request.dossier_id, by=by)
    return request


def pieces_awaited(user: User, today: date, *, most: int | None = None) -> Question[list[PieceAwaited]]:
    """The open requests that call for something on the dossiers that `user` sees, the most pressing first.

    Those to remind of today or before, and those that are late; none for who does not instruct.
    """
    if not user.has_perm(INSTRUCT):
        return []
    due = Q(due_on__lt=today) | Q(remind_on__lte=today)
    found = PieceRequest.objects.filter(due, closed_at=None, dossier__in=Dossier.objects.visible_to(user).open())
    rows = found.select_related("dossier").order_by("due_on", "pk")[:most]
    yield [rows]
    if not rows:
        return []
    kinds = PieceKind.objects.all()
    yield [kinds]
    yield Keys.of([row.subject_id for row in rows], KeyClass.SOCIAL)
    named = {kind.pk: kind for kind in kinds}
    return [PieceAwaited(row.dossier, named[row.kind], row, row.due_on < today) for row in rows]


def pieces_asked_of_prescripteur(dossier: Dossier, *, today: date) -> list[PieceExpected]:
    """What who prescribed is asked to bring, the first day first; two queries and one for keys.

    The pieces of several persons are one line: who follows a state alone reads no name.
    """
    found = PieceRequest.objects.filter(dossier=dossier, whom=Asked.PRESCRIPTEUR, closed_at=None)
    rows = [] if dossier.state == State.CLOS else list(found.order_by("due_on", "pk"))
    keys.warm([row.subject_id for row in rows], [KeyClass.SOCIAL])
    kinds = PieceKind.objects.in_bulk({row.kind for row in rows}) if rows else {}
    lines = [PieceExpected(kinds[row.kind].label, row.due_on, row.due_on < today) for row in rows]
    return list(dict.fromkeys(lines))


def _require_asked(
    dossier: Dossier, pieces: Sequence[AskedPiece], whom: str, due_on: date, remind_on: date | None, on: date
) -> None:
    if dossier.state == State.CLOS:
        raise OperationRefused("Ce dossier est clos : rouvrez-le avant de demander une pièce.")
    if not pieces:
        raise OperationRefused("Choisissez au moins une pièce à demander.")
    if whom not in Asked.values:
        raise OperationRefused("Choisissez dans la liste à qui la pièce est demandée.")
    if due_on < on:
        raise OperationRefused("Donnez une date d’échéance à venir.")
    if remind_on is not None and not on <= remind_on <= due_on:
        raise OperationRefused("La relance vient entre aujourd’hui et l’échéance.")
    members = set(Participant.objects.filter(dossier=dossier).values_list("person", flat=True))
    if any(piece.person is not None and piece.person not in members for piece in pieces):
        raise OperationRefused("Cette personne n’est pas de ce ménage : choisissez dans la liste.")


def _offered(codes: Collection[str]) -> dict[str, PieceKind]:
    found = PieceKind.objects.exclude(klass=KeyClass.HEALTH).in_bulk(codes)
    if found.keys() != set(codes):
        raise OperationRefused("Choisissez la nature de la pièce dans la liste.")
    return found
