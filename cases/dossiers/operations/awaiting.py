"""What awaits a person on the dossiers that she sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import reduce
from operator import or_

from django.db.models import Case, CharField, Count, F, Q, Value, When, Window
from django.db.models.functions import Coalesce, RowNumber

from accounts.models import User
from cases.dossiers.models import Dossier, State
from cases.dossiers.operations.acts import INSTRUCT


class Reason(StrEnum):
    """Why a dossier awaits somebody, the most pressing first. A dossier awaits for one reason at a time."""

    REVIEW_DUE = "review_due"
    NO_REFERENT = "no_referent"
    EVALUATED = "evaluated"
    VALIDATED = "validated"
    NO_REVIEW_DATE = "no_review_date"


@dataclass(frozen=True, slots=True)
class Awaiting:
    """The dossiers that await for one reason: how many there are, and the first ones, the longest waiting first."""

    reason: Reason
    count: int
    first: list[Dossier]


def awaiting(user: User, *, today: date, most: int) -> list[Awaiting]:
    """What awaits `user`, `most` dossiers for each reason, in one query; nothing for who does not instruct."""
    if not user.has_perm(INSTRUCT):
        return []
    conditions = _conditions(today)
    reason = Case(
        *(When(condition, then=Value(each.value)) for each, condition in conditions.items()), output_field=CharField()
    )
    since = Coalesce("review_on", "state_on")
    any_of_them = reduce(or_, conditions.values())
    waiting = Dossier.objects.visible_to(user).filter(any_of_them).annotate(reason=reason)
    ranked = waiting.annotate(
        place=Window(RowNumber(), partition_by=F("reason"), order_by=[since.asc(nulls_last=True), "reference"]),
        among=Window(Count("pk"), partition_by=F("reason")),
    )
    found: dict[str, list[Dossier]] = {}
    for dossier in ranked.filter(place__lte=most).order_by("place"):
        found.setdefault(dossier.reason, []).append(dossier)  # type: ignore[attr-defined]
    return [
        Awaiting(each, first[0].among, first)  # type: ignore[attr-defined]
        for each in Reason
        if (first := found.get(each.value))
    ]


def _conditions(today: date) -> dict[Reason, Q]:
    return {
        Reason.REVIEW_DUE: Q(state=State.AJOURNE, review_on__lte=today),
        Reason.NO_REFERENT: Q(referent=None) & ~Q(state=State.CLOS),
        Reason.EVALUATED: Q(state=State.EVALUE),
        Reason.VALIDATED: Q(state=State.VALIDE),
        Reason.NO_REVIEW_DATE: Q(state=State.AJOURNE, review_on=None),
    }
