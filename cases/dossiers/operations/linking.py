"""Saying that two persons are one, or are not: a link beside them, which may be undone; nothing is rewritten.

Each keeps her rows, her keys, her dossiers. Links make classes: if A is B and B is C, the three are one person, which
a recursive query finds. Figures do not read links: one person in 2022 and in 2023 is two situations.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import Dossier, Likeness, Participant, Person, PersonLink, State, Verdict
from cases.dossiers.operations.acts import INSTRUCT
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

ANSWERED = "Quelqu’un a déjà répondu. Rechargez la page pour voir sa réponse."
NOT_SEEN = "L’un des deux dossiers ne vous est plus ouvert."
ALREADY = "Ces deux personnes sont déjà reliées, directement ou par une autre."
LINKED = "Ces deux personnes sont reliées par une autre : défaites d’abord ce lien."
UNDONE = "Ce lien est déjà défait."
UNFOLLOW = "person.unfollow"
ONE_ANSWER = 0x5E03  # advisory lock: a circle may close through persons that no two answers share
OF_A_DOSSIER = "SELECT person_id FROM dossiers_participant WHERE dossier_id = %s"
SAME_CLASS = """
    WITH RECURSIVE same (id) AS (
      {start}
      UNION
      SELECT next.id FROM same, LATERAL (
        SELECT other_id AS id FROM dossiers_personlink WHERE one_id = same.id AND undone_at IS NULL
        UNION ALL
        SELECT one_id FROM dossiers_personlink WHERE other_id = same.id AND undone_at IS NULL) next
    ) SELECT id FROM same
"""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another dossier of a person, and the link by which it is hers, when it is a direct one."""

    dossier: Dossier
    person_id: UUID
    link_id: UUID | None
    linked_at: datetime | None


def same_as(person_ids: Collection[UUID]) -> set[UUID]:
    """All who are one with these persons, themselves among them, by the links that the actor sees."""
    with connection.cursor() as cursor:
        cursor.execute(SAME_CLASS.format(start="SELECT unnest(%s::uuid[])"), [list(person_ids)])
        return {pk for (pk,) in cursor.fetchall()}


@transaction.atomic
def say_same(likeness_id: UUID, *, by: User) -> Likeness:
    """They are one person: link them. Raises `OperationRefused` when somebody has answered meanwhile."""
    likeness = _to_answer(likeness_id, by)
    if likeness.other_id not in same_as([likeness.one_id]):
        link(likeness.one_id, likeness.other_id, by=by)
    return _answer(likeness, Verdict.SAME, by)


@transaction.atomic
def say_apart(likeness_id: UUID, *, by: User) -> Likeness:
    """They are two persons: it is remembered, and not asked again. Raises `OperationRefused`, as for linked ones."""
    likeness = _to_answer(likeness_id, by)
    if likeness.other_id in same_as([likeness.one_id]):
        raise OperationRefused(LINKED)
    return _answer(likeness, Verdict.APART, by)


@transaction.atomic
def take_back(likeness_id: UUID, *, by: User) -> Likeness:
    """The answer was wrong: the question is open again, and a link made by it is undone."""
    _one_answer()
    likeness = lock(Likeness.objects, likeness_id)
    require_both(likeness.one_id, likeness.other_id, by)
    if likeness.answer is None:
        raise OperationRefused("Personne n’a répondu : il n’y a rien à reprendre.")
    linked = PersonLink.objects.live().filter(one=likeness.one_id, other=likeness.other_id).first()
    if linked is not None:
        unlink(linked.pk, by=by)
    return _answer(likeness, None, by)


@transaction.atomic
def link(one_id: UUID, other_id: UUID, *, by: User) -> PersonLink:
    """Two persons are one from now on; a dossier that follows a closed one becomes the next of it.

    Raises `OperationRefused` for a person and herself, and for two who are one already: a link never makes a circle.
    """
    _one_answer()
    require_both(one_id, other_id, by)
    if other_id in same_as([one_id]):
        raise OperationRefused(ALREADY)
    first, second = sorted((one_id, other_id))
    follows = _chain(first, second)
    made = PersonLink(
        one_id=first, other_id=second, linked_at=timezone.now(), linked_by=by, follows=follows and follows[0]
    )
    made.save(force_insert=True)
    if follows is not None:
        _follow(follows[0], follows[1])
    _tell("person.linked", made, by)
    return made


@transaction.atomic
def unlink(link_id: UUID, *, by: User) -> PersonLink:
    """The two are not one any more: what the link had set is taken away, all else stands as it was.

    From a dossier that is hidden from `by` since then, the worker takes it away: she learns nothing of it.
    """
    _one_answer()
    made = lock(PersonLink.objects, link_id)
    require_both(made.one_id, made.other_id, by)
    if made.undone_at is not None:
        raise OperationRefused(UNDONE)
    made.undone_at, made.undone_by = timezone.now(), by
    made.save(update_fields=["undone_at", "undone_by"])
    asked = Likeness.objects.filter(one=made.one_id, other=made.other_id, answer=Verdict.SAME)
    asked.update(answer=None, answered_at=None, answered_by=None)
    if made.follows_id is not None and not _leave(made.follows_id):
        outbox.enqueue(UNFOLLOW, link=str(made.pk))
    _tell("person.unlinked", made, by)
    return made


@transaction.atomic
def unfollow(link_id: UUID) -> None:
    """The dossier that followed another by an undone link follows it no more. By the worker; safe to run twice."""
    _one_answer()
    made = PersonLink.objects.get(pk=link_id)
    again = PersonLink.objects.live().filter(follows=made.follows_id)
    if made.undone_at is not None and made.follows_id is not None and not again.exists():
        _leave(made.follows_id)


def elsewhere(dossier: Dossier, user: User) -> list[Elsewhere]:
    """The other dossiers of the persons of this one that `user` sees, the latest first; one query."""
    hers = Participant.objects.filter(dossier=dossier).values("person")
    visible = Dossier.objects.visible_to(user).exclude(pk=dossier.pk)
    same = RawSQL(SAME_CLASS.format(start=OF_A_DOSSIER), [dossier.pk])  # noqa: S611  our own words
    links = PersonLink.objects.live().filter(
        Q(one=OuterRef("person"), other__in=hers) | Q(other=OuterRef("person"), one__in=hers)
    )
    members = Participant.objects.filter(person__in=same, dossier__in=visible).select_related("dossier")
    told: Any = members.annotate(link=Subquery(links.values("pk")[:1]), since=Subquery(links.values("linked_at")[:1]))
    return [
        Elsewhere(member.dossier, member.person_id, member.link, member.since)
        for member in told.order_by("-dossier__created_at", "-dossier__reference")
    ]


def is_elsewhere() -> Exists:
    """Whether persons of a dossier have another one, or are linked; to annotate dossiers with."""
    members = Participant.objects.filter(dossier=OuterRef(OuterRef("pk"))).values("person")
    others = Participant.objects.filter(person__in=members).exclude(dossier=OuterRef("pk"))
    links = PersonLink.objects.live().filter(Q(one__in=members) | Q(other__in=members))
    return Exists(others) | Exists(links)  # type: ignore[return-value]


def _one_answer() -> None:
    """One person at a time links, undoes or answers, until her transaction ends: what she reads of links stays true."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_ANSWER])


def _to_answer(likeness_id: UUID, by: User) -> Likeness:
    _one_answer()
    likeness = lock(Likeness.objects, likeness_id)
    require_both(likeness.one_id, likeness.other_id, by)
    if likeness.answer is not None:
        raise OperationRefused(ANSWERED)
    return likeness


def require_both(one_id: UUID, other_id: UUID, by: User) -> None:
    """The role, and both persons seen."""
    require(by, INSTRUCT)
    if one_id == other_id:
        raise OperationRefused("Choisissez deux personnes : une personne ne se relie pas à elle-même.")
    seen = Person.objects.filter(pk__in=[one_id, other_id], participations__dossier__in=Dossier.objects.visible_to(by))
    if seen.distinct().count() != 2:
        raise OperationRefused(NOT_SEEN)


def _answer(likeness: Likeness, answer: Verdict | None, by: User) -> Likeness:
    likeness.answer = answer
    likeness.answered_at, likeness.answered_by = (timezone.now(), by) if answer else (None, None)
    likeness.save(update_fields=["answer", "answered_at", "answered_by"])
    for dossier_id in _dossiers(likeness.one_id, likeness.other_id):
        journal.record(
            "likeness.answered", target=likeness.pk, dossier=dossier_id, by=by, answer=answer or "TAKEN_BACK"
        )
    return likeness


def _tell(event: str, made: PersonLink, by: User) -> None:
    for dossier_id in _dossiers(made.one_id, made.other_id):
        journal.record(event, target=made.pk, dossier=dossier_id, by=by)


def _dossiers(*person_ids: UUID) -> list[UUID]:
    found = Participant.objects.filter(person__in=person_ids).order_by("dossier").values_list("dossier", flat=True)
    return list(found.distinct())


def _chain(one_id: UUID, other_id: UUID) -> tuple[Dossier, Dossier] | None:
    """(the next, the closed one before it): the latest situation of one person that another's closed one precedes.

    All are locked, in one order, before any row names their persons: so does the undoing of an import.
    """
    every = Participant.objects.filter(person__in=[one_id, other_id]).values("dossier")
    list(Dossier.objects.filter(pk__in=every).order_by("pk").select_for_update(of=("self",), no_key=True))
    mine, theirs = _situations(one_id), _situations(other_id)
    pairs = [(a, b) for a in mine for b in theirs] + [(b, a) for a in mine for b in theirs]
    fitting = [
        (after, before)
        for after, before in pairs
        if before.state == State.CLOS
        and after.predecessor_id is None
        and before.closed_on is not None
        and before.closed_on <= _began(after)
        and _began(before) < _began(after)
    ]
    return max(fitting, key=lambda pair: (_began(pair[0]), pair[1].closed_on or date.min), default=None)


def _situations(person_id: UUID) -> list[Dossier]:
    return list(Dossier.objects.filter(participants__person=person_id))


def _began(dossier: Dossier) -> date:
    return dossier.oriented_on or timezone.localdate(dossier.created_at)


def _leave(dossier_id: UUID) -> bool:
    """It follows no other any more; False when row security hides it."""
    try:
        _follow(lock(Dossier.objects, dossier_id), None)
    except Dossier.DoesNotExist:
        return False
    return True


def _follow(dossier: Dossier, before: Dossier | None) -> None:
    dossier.predecessor = before
    dossier.save(update_fields=["predecessor"])
