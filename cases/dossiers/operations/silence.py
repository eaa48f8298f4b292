"""Who has been forgotten: dossiers that a referent follows and in which nothing was done for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from accounts.models import User
from audit.models import Entry, Kind
from cases.dossiers.models import Dossier, DossierQuerySet, State
from cases.dossiers.operations.acts import INSTRUCT
from vault.asking import Question


@dataclass(frozen=True, slots=True)
class Silent:
    """A dossier without news, and the day of the last act on it."""

    dossier: Dossier
    last_on: date

    def days(self, today: date) -> int:
        return (today - self.last_on).days


def silent_for_long(user: User, today: date, *, most: int | None = None) -> Question[list[Silent]]:
    """The dossiers that `user` follows and that are silent, the longest forgotten first; one round.

    Silent: neither closed, nor refused, nor put off until a day to come, and no act journaled on it for
    `SILENCE_DAYS` days, whoever does it: a fact, an answer, a piece, a letter, a decision. Being read is no act. What
    was never journaled (a dossier of before the journal) is not silent: nobody knows. None for who does not instruct.
    """
    if not user.has_perm(INSTRUCT):
        return []
    found = silent(Dossier.objects.visible_to(user).filter(referent=user), today)[:most]
    yield [found]
    return [Silent(each, timezone.localdate(each.last_act)) for each in found]  # type: ignore[attr-defined]


def silent(visible: DossierQuerySet, today: date) -> DossierQuerySet:
    """Those of `visible` that are silent on that day, each with its `last_act`."""
    since: datetime = timezone.make_aware(datetime.combine(today - timedelta(days=settings.SILENCE_DAYS), time.min))
    acts = Entry.objects.filter(dossier_id=OuterRef("pk"), kind=Kind.ACT)
    quiet = visible.exclude(state__in=[State.CLOS, State.NON_RETENU])
    quiet = quiet.exclude(Q(state=State.AJOURNE, review_on__gte=today))
    last = Subquery(acts.order_by("-recorded_at").values("recorded_at")[:1])
    return quiet.annotate(last_act=last).filter(last_act__lt=since).order_by(F("last_act"), "reference")
