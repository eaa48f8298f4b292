"""What awaits a person on the dossiers that she sees."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from accounts.models import User
from cases.dossiers.models import Dossier, State
from cases.dossiers.operations.acts import INSTRUCT
from vault.asking import Question


class Reason(StrEnum):
    """Why a dossier awaits somebody, the most pressing first. A dossier awaits for one reason at a time."""

    REVIEW_DUE = "review_due"
    NO_REFERENT = "no_referent"
    EVALUATED = "evaluated"
    VALIDATED = "validated"
    NO_REVIEW_DATE = "no_review_date"


@dataclass(frozen=True, slots=True)
class Standing:
    """How many dossiers a person sees: by state, and by the reason why they await her."""

    by_state: Counter[str]
    by_reason: Counter[str]


@dataclass(frozen=True, slots=True)
class Awaiting:
    """The dossiers that await for one reason: how many there are, and the first ones, the longest waiting first."""

    reason: Reason
    count: int
    first: list[Dossier]


def standing(user: User, *, today: date) -> Standing:
    """Where the dossiers of `user` stand; one pass over all of them, one query."""
    whens = (When(condition, then=Value(reason.value)) for reason, condition in _conditions(today).items())
    reason = Case(*whens, default=Value(""), output_field=CharField())
    seen = Dossier.objects.visible_to(user).order_by().annotate(reason=reason)
    found = Standing(Counter(), Counter())
    for state, waits, count in seen.values_list("state", "reason").annotate(count=Count("pk")):
        found.by_state[state] += count
        found.by_reason[waits] += count
    return found


def awaiting(user: User, stand: Standing, *, today: date, most: int) -> Question[list[Awaiting]]:
    """What awaits `user`, `most` dossiers for each reason, in one round; nothing for who does not instruct."""
    reasons = [reason for reason in Reason if stand.by_reason[reason]]
    if not reasons or not user.has_perm(INSTRUCT):
        return []
    visible = Dossier.objects.visible_to(user)
    first = {reason: _first(visible, reason, today)[:most] for reason in reasons}
    yield list(first.values())
    return [Awaiting(each, stand.by_reason[each], list(rows)) for each, rows in first.items() if rows]


def _first(visible: QuerySet[Dossier], reason: Reason, today: date) -> QuerySet[Dossier]:
    """Those that await for this reason alone, in an order that an index gives where they are many."""
    since: str | Coalesce = "state_on"
    kept = _conditions(today)[reason]
    if reason is Reason.REVIEW_DUE:
        since = "review_on"
    elif reason is Reason.NO_REFERENT:
        since = Coalesce("review_on", "state_on")
        kept &= ~_conditions(today)[Reason.REVIEW_DUE]
    else:
        kept &= Q(referent__isnull=False)
    return visible.filter(kept).order_by(since, "reference")


def _conditions(today: date) -> dict[Reason, Q]:
    return {
        Reason.REVIEW_DUE: Q(state=State.AJOURNE, review_on__lte=today),
        Reason.NO_REFERENT: Q(referent=None) & ~Q(state=State.CLOS),
        Reason.EVALUATED: Q(state=State.EVALUE),
        Reason.VALIDATED: Q(state=State.VALIDE),
        Reason.NO_REVIEW_DATE: Q(state=State.AJOURNE, review_on=None),
    }
