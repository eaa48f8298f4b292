"""What was put off until a day, and decisions that a household has not been told in writing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from cases.dossiers.models import Dossier, DossierEvent, EventKind, LetterKind, SentLetter, Source, State
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.letters import NO_LETTER, is_history, tells_admission
from vault.asking import Keys, Question
from vault.models import KeyClass

# what a household is told in writing, and the letters that tell it
TO_TELL = (State.AJOURNE, State.NON_RETENU, State.VALIDE, State.EN_RECHERCHE)
ADMITTED = (State.VALIDE, State.EN_RECHERCHE)
DECIDING = (EventKind.INSTRUCTION, EventKind.DECISION)
TELLING = (LetterKind.DECISION, LetterKind.DECISION_FALC)


def reviews_until(user: User, limit: date, *, most: int | None = None) -> Question[list[Dossier]]:
    """The adjourned dossiers to look at again by `limit`, the first one first; none for who does not instruct."""
    if not user.has_perm(INSTRUCT):
        return []
    found = Dossier.objects.visible_to(user).to_review(limit).order_by("review_on", "reference")[:most]
    yield [found]
    return list(found)


def letters_waiting(user: User, *, most: int | None = None) -> Question[list[Dossier]]:
    """The dossiers that `user` follows, decided here, whose household was told nothing in writing since; two rounds,
    and one for keys.

    The oldest decision first. Some motives call for no letter (a death); what a register brought calls for none.
    """
    if not user.has_perm(INSTRUCT):
        return []
    decided = DossierEvent.objects.standing().filter(kind__in=DECIDING, source=Source.ACT)
    mine = Dossier.objects.visible_to(user).filter(referent=user, state__in=TO_TELL)
    mine = mine.annotate(last_told_on=Coalesce(last_told_on(), date.min))
    untold = decided.filter(dossier=OuterRef("pk"), on__gt=OuterRef("last_told_on"))
    found = mine.filter(Exists(untold)).order_by("state_on", "reference")[:most]
    yield [found]
    told = DossierEvent.objects.standing().filter(dossier__in=[dossier.pk for dossier in found])
    events = told.filter(kind__in=[*DECIDING, EventKind.LEASE]).order_by("recorded_at")
    yield [events]
    of_dossier: dict[UUID, list[DossierEvent]] = {}
    for event in events:
        of_dossier.setdefault(event.dossier_id, []).append(event)
    last = [decision for each in of_dossier.values() if (decision := last_decision(each))]
    yield Keys.of([decision.subject_id for decision in last], KeyClass.SOCIAL)
    dates = [(dossier, dossier.last_told_on) for dossier in found]  # type: ignore[attr-defined]
    return [
        dossier for dossier, told_on in dates if calls_for_a_letter(dossier, of_dossier.get(dossier.pk, ()), told_on)
    ]


def last_told_on() -> Subquery:
    """The day when a letter that tells a decision last left; to annotate dossiers with."""
    left = SentLetter.objects.filter(dossier=OuterRef("pk"), kind__in=TELLING, sent_on__isnull=False)
    return Subquery(left.order_by("-sent_on").values("sent_on")[:1])


def last_decision(events: Iterable[DossierEvent]) -> DossierEvent | None:
    """The last one that was taken here, among the standing events of a dossier."""
    decided = [event for event in events if event.kind in DECIDING and event.source == Source.ACT]
    return max(decided, key=lambda event: event.recorded_at, default=None)


def calls_for_a_letter(dossier: Dossier, events: Sequence[DossierEvent], told_on: date | None) -> bool:
    """Does the last decision taken here wait to be told? A search that stopped brings back to VALIDE: told once.

    An admission is still owed once the search has begun, and is history once a lease was signed.
    """
    last = last_decision(events)
    if last is None or dossier.state not in TO_TELL or last.motive in NO_LETTER:
        return False
    leases = [event for event in events if event.kind == EventKind.LEASE]
    if dossier.state in ADMITTED and (is_history(last, leases) or not tells_admission(last)):
        return False
    return told_on is None or last.on is None or told_on < last.on
