"""Until when a team reads the fiche of an examen: dated grants that follow from the séance, never given by hand.

They end by PostgreSQL's clock, with no job (ADR 0017).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta

from django.contrib.auth.models import Permission
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from commission.models import Examen, ExamenGroupGrant

SEANCE, POSITIONED = "seance", "positioned"  # why a fiche is open
LASTS = {SEANCE: timedelta(days=30), POSITIONED: timedelta(days=183)}  # days after the séance


def closes_at(held_on: date, reason: str) -> datetime:
    """When a fiche closes: the end of the thirtieth day after the séance, six months for the positioned landlord."""
    return timezone.make_aware(datetime.combine(held_on + LASTS[reason] + timedelta(days=1), time.min))


def is_told(held_on: date) -> bool:
    """Somebody may still read a fiche of a séance of that day. Of an older one, none is made: nobody would read it."""
    return closes_at(held_on, POSITIONED) > timezone.now()


def give(examens: Sequence[Examen], *, teams: Collection[int], until: datetime, reason: str, by: User | None) -> None:
    """Open the fiches of these examens to these teams until then; nothing when that is over, or open already, or for a
    protected dossier."""
    examens = [examen for examen in examens if not examen.dossier.is_protected]
    if until <= timezone.now() or not examens or not teams:
        return
    permission = Permission.objects.get(content_type__app_label="commission", codename="view_examen")
    live = ExamenGroupGrant.objects.filter(content_object__in=examens, reason=reason, valid_until__gte=until)
    known = set(live.values_list("content_object", "group"))
    ExamenGroupGrant.ever.bulk_create(
        ExamenGroupGrant(
            permission=permission,
            content_object=examen,
            group_id=team,
            valid_from=Now(),
            valid_until=until,
            reason=reason,
            granted_by=by,
        )
        for examen in examens
        for team in teams
        if (examen.pk, team) not in known
    )


def take_back(examens: Sequence[Examen], *, reason: str = "") -> None:
    """Nobody reads these fiches any more, from now (for that reason, if one is given). The rows stay, as history."""
    if examens:
        given = ExamenGroupGrant.objects.filter(content_object__in=examens)
        (given.filter(reason=reason) if reason else given).update(valid_until=Now())


def give_to_positioned(examen: Examen, *, since: date, by: User | None) -> None:
    """The landlord that volunteers reads the fiche for six months from that day, the time to make a proposal; less
    when a lease is signed or the dossier closed (`follow_dossiers`)."""
    landlord = examen.positioned_landlord
    if landlord is not None:
        until = closes_at(since, POSITIONED)
        give([examen], teams=[landlord.team_id], until=until, reason=POSITIONED, by=by)
