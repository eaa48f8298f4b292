"""What ends on a dossier that one follows: a piece, the right to stay, the place where one lives, an income.

A day that nobody knows gives nothing: what a register brought calls for no alert.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from cases.dossiers.models import (
    Answer,
    Document,
    Dossier,
    DossierQuerySet,
    Evaluation,
    PieceKind,
    PieceRequest,
    ResourceLine,
    State,
)
from cases.dossiers.models.requests import NEEDED
from cases.dossiers.operations.acts import INSTRUCT, RESOURCES
from vault.asking import Keys, Question
from vault.models import KeyClass

PIECE_AHEAD, AHEAD = timedelta(days=30), timedelta(days=60)
GONE = timedelta(days=30)  # how long what is over is still told, where nothing marks it as dealt with
MOST_OPENED = 500  # answers of one reader: their days are sealed, so they are opened to be known
# what who instructs reads: the mere name of another piece would tell of health, of justice
READABLE = (KeyClass.IDENTITY, KeyClass.SOCIAL)

Piece = Document | PieceRequest


class Day(StrEnum):
    """A day that an answer tells, by the key of its question."""

    PERMIT = "residence_until"
    PLACE = "leave_by"


# how long before: a permit is renewed from four to two months before its end (CESEDA R.431-5)
TOLD_AHEAD = {Day.PERMIT: timedelta(days=120), Day.PLACE: AHEAD}


@dataclass(frozen=True, slots=True)
class PieceEnding:
    """A piece that expires, or has expired, and that nothing replaces yet."""

    dossier: Dossier
    kind: PieceKind
    on: date


@dataclass(frozen=True, slots=True)
class DayEnding:
    """The last day of a permit, or of a place where one lives."""

    dossier: Dossier
    day: Day
    on: date


@dataclass(frozen=True, slots=True)
class IncomeEnding:
    """The last day of an income, whichever it is."""

    dossier: Dossier
    on: date


def pieces_ending(user: User, today: date, *, most: int | None = None) -> Question[list[PieceEnding]]:
    """The pieces that end within thirty days or have ended, on the dossiers that `user` follows before a lease.

    The first to end first; two rounds and one for keys. Neither one of a kind that another valid piece covers, nor
    one that is asked for already: « À faire » tells when that one is late.
    """
    if not user.has_perm(INSTRUCT):
        return []
    limit = today + PIECE_AHEAD
    followed = _followed(user).filter(state__in=NEEDED)
    standing = Document.objects.standing().filter(klass__in=READABLE)
    ending = standing.filter(dossier__in=followed, valid_until__lte=limit).select_related("dossier")
    rows = ending.order_by("valid_until", "pk")[:most]
    yield [rows]
    if not rows:
        return []
    theirs = {row.dossier_id for row in rows}
    valid = standing.filter(Q(valid_until=None) | Q(valid_until__gt=limit), dossier__in=theirs)
    asked, kinds = PieceRequest.objects.filter(dossier__in=theirs, closed_at=None), PieceKind.objects.all()
    yield [valid, asked, kinds]
    yield Keys.of([row.subject_id for row in (*rows, *valid, *asked)], KeyClass.SOCIAL)
    covered = {_of(row) for row in (*valid, *asked)}
    last = {_of(row): row for row in rows if _of(row) not in covered}  # of two of a kind, the one that ends last
    named = {kind.pk: kind for kind in kinds}
    found = [PieceEnding(row.dossier, named[row.kind], row.valid_until) for row in last.values() if row.valid_until]
    return sorted(found, key=lambda each: (each.on, each.dossier.reference))


def days_ending(user: User, today: date) -> Question[list[DayEnding]]:
    """The permits that end within four months and the places to leave within two, or that have just ended.

    The first first; one round and one for keys. A place is left before a lease: afterwards the household has a home.
    """
    if not user.has_perm(INSTRUCT):
        return []
    written = Answer.objects.filter(~Exists(_later_version()), key__in=TOLD_AHEAD, value__isnull=False)
    rows = written.filter(dossier__in=_followed(user)).select_related("dossier").order_by("-written_at", "pk")
    opened = rows[:MOST_OPENED]
    yield [opened]
    yield Keys.of([row.subject_id for row in opened], KeyClass.SOCIAL)
    days = [DayEnding(row.dossier, Day(row.key), date.fromisoformat(row.value)) for row in opened if row.value]
    found = [each for each in days if today - GONE <= each.on <= today + TOLD_AHEAD[each.day]]
    found = [each for each in found if each.day is not Day.PLACE or each.dossier.state in NEEDED]
    return sorted(found, key=lambda each: (each.on, each.dossier.reference))


def incomes_ending(user: User, today: date, *, most: int | None = None) -> Question[list[IncomeEnding]]:
    """The days when an income ends, or has just ended, whatever it is and once a day; the first first, one round."""
    if not (user.has_perm(INSTRUCT) and user.has_perm(RESOURCES)):
        return []
    lines = ResourceLine.objects.filter(~Exists(_later_version()), dossier__in=_followed(user))
    lines = lines.filter(until__range=(today - GONE, today + AHEAD)).select_related("dossier")
    lines = lines.order_by("until", "pk")[:most]
    yield [lines]
    return list(dict.fromkeys(IncomeEnding(line.dossier, line.until) for line in lines if line.until))


def _followed(user: User) -> DossierQuerySet:
    """The dossiers that `user` follows and that go on."""
    return Dossier.objects.visible_to(user).filter(referent=user).exclude(state__in=[State.CLOS, State.NON_RETENU])


def _later_version() -> QuerySet[Evaluation]:
    """Versions of the same evaluation after that of a row: what it says is no longer what is known."""
    return Evaluation.objects.filter(dossier=OuterRef("dossier"), version__gt=OuterRef("evaluation__version"))


def _of(piece: Piece) -> tuple[UUID, str, UUID | None]:
    return piece.dossier_id, piece.kind, piece.person_id
