"""What awaits a person on the dossiers that she sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Count, Q

from accounts.models import User
from cases.dossiers.models import Dossier, State
from cases.dossiers.operations.acts import INSTRUCT


class Reason(StrEnum):
    """Why a dossier awaits somebody, the most pressing first."""

    REVIEW_DUE = "review_due"
    VALIDATED = "validated"
    NO_REVIEW_DATE = "no_review_date"
    NO_REFERENT = "no_referent"


@dataclass(frozen=True, slots=True)
class Awaiting:
    """The dossiers that await for one reason: how many there are, and the first ones, the longest waiting first."""

    reason: Reason
    count: int
    first: list[Dossier]


def awaiting(user: User, *, today: date, most: int) -> list[Awaiting]:
    """What awaits `user`, `most` dossiers for each reason; nothing for who does not instruct.

    The same number of queries whatever the number of dossiers.
    """
    if not user.has_perm(INSTRUCT):
        return []
    visible = Dossier.objects.visible_to(user)
    conditions = _conditions(today)
    counts = visible.aggregate(**{reason.value: Count("pk", filter=each) for reason, each in conditions.items()})
    return [
        Awaiting(reason, counts[reason], list(visible.filter(each).order_by(*_order(reason))[:most]))
        for reason, each in conditions.items()
        if counts[reason]
    ]


def _conditions(today: date) -> dict[Reason, Q]:
    return {
        Reason.REVIEW_DUE: Q(state=State.AJOURNE, review_on__lte=today),
        Reason.VALIDATED: Q(state=State.VALIDE),
        Reason.NO_REVIEW_DATE: Q(state=State.AJOURNE, review_on=None),
        Reason.NO_REFERENT: Q(referent=None) & ~Q(state=State.CLOS),
    }


def _order(reason: Reason) -> tuple[str, str]:
    return ("review_on" if reason is Reason.REVIEW_DUE else "state_on"), "reference"
