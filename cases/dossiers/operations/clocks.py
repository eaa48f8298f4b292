"""The two clocks of an evaluation (instruction of 31/03/2022): flash within 72 hours, whole within two months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import Dossier, Evaluation, State
from cases.dossiers.operations.acts import INSTRUCT
from vault.asking import Question

FLASH_WITHIN = timedelta(hours=72)
MONTHS = 2
UNDER_WAY = (State.EN_EVALUATION, State.A_COMPLETER)


@dataclass(frozen=True, slots=True)
class Clock:
    """One term: from when, until when, and when it was met; `done_at` is None while it runs."""

    began_at: datetime
    due_at: datetime
    done_at: datetime | None = None

    @property
    def took(self) -> timedelta | None:
        """How long it took, once done."""
        return None if self.done_at is None else self.done_at - self.began_at

    def is_late(self, now: datetime) -> bool:
        """Over, and not done; or done too late."""
        return (self.done_at or now) > self.due_at


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both terms of one dossier that is being evaluated."""

    dossier: Dossier
    flash: Clock
    whole: Clock

    @property
    def next_due(self) -> datetime:
        """The term that comes first among those that run."""
        return self.whole.due_at if self.flash.done_at else self.flash.due_at


def clocks_of(dossier: Dossier, evaluation: Evaluation | None) -> Clocks | None:
    """The clocks of one dossier; None when nobody knows when its evaluation began."""
    began = dossier.evaluation_began_at
    if began is None and dossier.state in UNDER_WAY and dossier.state_on is not None:
        began = timezone.make_aware(datetime.combine(dossier.state_on, time.min))  # as a register told it
    if began is None:
        return None
    flash_done = evaluation.flash_done_at if evaluation is not None else None
    whole_done = evaluation.frozen_at if evaluation is not None and dossier.state not in UNDER_WAY else None
    if flash_done is not None and flash_done < began:  # it was done once; the situation is looked at again
        flash_done = began
    return Clocks(
        dossier,
        Clock(began, began + FLASH_WITHIN, flash_done),
        Clock(began, _months_later(began, MONTHS), whole_done),
    )


def evaluation_clocks(user: User, *, most: int) -> Question[list[Clocks]]:
    """The dossiers that `user` follows and that are being evaluated, by the term that comes first; `most` of them.

    Nothing for who does not instruct. One round.
    """
    if not user.has_perm(INSTRUCT):
        return []
    found: QuerySet[Any] = under_way(user).filter(referent=user)[:most]
    yield [found]
    told = [clocks_of(dossier, Evaluation(flash_done_at=dossier.flash_done_at)) for dossier in found]
    return sorted((each for each in told if each is not None), key=lambda each: each.next_due)


def under_way(user: User) -> QuerySet[Dossier]:
    """The dossiers open to `user` that are being evaluated, the oldest first; each with its `flash_done_at`."""
    last = Evaluation.objects.filter(dossier=OuterRef("pk")).order_by("-version")
    seen = Dossier.objects.visible_to(user).filter(state__in=UNDER_WAY)
    seen = seen.annotate(flash_done_at=Subquery(last.values("flash_done_at")[:1]))
    return seen.order_by(F("evaluation_began_at").asc(nulls_first=True), "state_on", "reference")


def _months_later(moment: datetime, months: int) -> datetime:
    return _shifted(moment, months)


def _shifted(moment: datetime, months: int) -> datetime:
    """The same day, so many months away; the last day of a month that is shorter."""
    local = timezone.localtime(moment)
    rank = local.year * 12 + local.month - 1 + months
    year, month = divmod(rank, 12)
    for day in (local.day, 30, 29, 28):
        try:
            return local.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has twenty-eight days")
