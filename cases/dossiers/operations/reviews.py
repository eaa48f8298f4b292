"""What was put off until a day, and decisions that a household has not been told in writing."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef

from accounts.models import User
from cases.dossiers.models import Dossier, DossierEvent, EventKind, LetterKind, SentLetter, Source, State
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.letters import NO_LETTER

TO_TELL, TOLD = (State.AJOURNE, State.NON_RETENU), (EventKind.INSTRUCTION, EventKind.DECISION)
TELLING = (LetterKind.DECISION, LetterKind.DECISION_FALC)


def reviews_until(user: User, limit: date, *, most: int | None = None) -> list[Dossier]:
    """The adjourned dossiers to look at again by `limit`, the first one first; none for who does not instruct."""
    if not user.has_perm(INSTRUCT):
        return []
    return list(Dossier.objects.visible_to(user).to_review(limit).order_by("review_on", "reference")[:most])


def letters_waiting(user: User, *, most: int | None = None) -> list[Dossier]:
    """The dossiers that `user` follows, decided here, whose household was told nothing in writing since; two queries.

    The oldest decision first. Some motives call for no letter (a death).
    """
    if not user.has_perm(INSTRUCT):
        return []
    told = SentLetter.objects.filter(dossier=OuterRef("pk"), kind__in=TELLING, sent_on__gte=OuterRef("state_on"))
    decided = DossierEvent.objects.standing().filter(kind__in=TOLD, source=Source.ACT)
    mine = Dossier.objects.visible_to(user).filter(referent=user, state__in=TO_TELL)
    mine = mine.filter(~Exists(told), Exists(decided.filter(dossier=OuterRef("pk"))))
    found = list(mine.order_by("state_on", "reference")[:most])
    last = {event.dossier_id: event for event in decided.filter(dossier__in=found).order_by("recorded_at")}
    return [dossier for dossier in found if last[dossier.pk].motive not in NO_LETTER]
