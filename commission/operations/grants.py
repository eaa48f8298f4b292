"""Until when a team reads the fiche of an examen: dated grants that follow from the séance, never given by hand.

They end by PostgreSQL's clock, with no job (ADR 0017).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Organisation, OrganisationKind, User
from audit import journal
from cases.dossiers.models import Purpose
from cases.dossiers.operations import audiences
from commission.models import Examen, ExamenGroupGrant

SEANCE, POSITIONED = "seance", "positioned"  # why a fiche is open
CLOSED = "fiche.closed"  # in the journal: the household no longer agrees
LASTS = {SEANCE: timedelta(days=30), POSITIONED: timedelta(days=183)}  # days after the séance


def closes_at(held_on: date, reason: str) -> datetime:
    """When a fiche closes: the end of the thirtieth day after the séance, six months for the positioned landlord."""
    return timezone.make_aware(datetime.combine(held_on + LASTS[reason] + timedelta(days=1), time.min))


def is_told(held_on: date) -> bool:
    """Somebody may still read a fiche of a séance of that day. Of an older one, none is made: nobody would read it."""
    return closes_at(held_on, POSITIONED) > timezone.now()


def give(examens: Sequence[Examen], *, teams: Collection[int], until: datetime, reason: str, by: User | None) -> None:
    """Open the fiches of these examens to these teams until then; nothing when that is over, or open already, or for a
    protected dossier, or for whom the household does not agree to (`not_agreed`)."""
    examens = [examen for examen in examens if not examen.dossier.is_protected]
    if until <= timezone.now() or not examens or not teams:
        return
    permission = Permission.objects.get(content_type__app_label="commission", codename="view_examen")
    live = ExamenGroupGrant.objects.filter(content_object__in=examens, reason=reason, valid_until__gte=until)
    known = {*live.values_list("content_object", "group"), *not_agreed(examens, teams)}
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


def not_agreed(examens: Sequence[Examen], teams: Collection[int]) -> set[tuple[UUID, int]]:
    """Which of these teams may not read which of these fiches, by what the households agreed to (domaine § 6).

    An agreement « to be shown to the landlords » binds landlords: each of them reads what was agreed with it, or with
    all. The State and Grand Chambéry are no landlord: they sit by their mission of public interest, and go on reading
    what is presented to one landlord at least. Nothing is presented, to anybody, once every agreement was taken back.
    """
    found = audiences({examen.dossier_id for examen in examens}, Purpose.LANDLORDS)
    bound = [examen for examen in examens if not found[examen.dossier_id].is_open]
    if not bound:
        return set()
    bodies = Organisation.objects.filter(team__in=teams, kind=OrganisationKind.BAILLEUR)
    landlords = dict(bodies.values_list("team", "pk"))
    return {
        (examen.pk, team)
        for examen in bound
        for team in teams
        if found[examen.dossier_id].is_empty
        or (team in landlords and not found[examen.dossier_id].lets(landlords[team]))
    }


def take_back_not_agreed(examens: Sequence[Examen], *, by: User | None) -> None:
    """Whom the household does not agree to reads no more, whatever opened it; the journal says how many teams."""
    given = ExamenGroupGrant.objects.filter(content_object__in=examens)
    live = list(given.values_list("pk", "content_object", "group"))
    shut = not_agreed(examens, {group for _, _, group in live})
    ended = [(pk, examen) for pk, examen, group in live if (examen, group) in shut]
    given.filter(pk__in=[pk for pk, _ in ended]).update(valid_until=Now())
    for examen in examens:
        count = sum(pk == examen.pk for _, pk in ended)
        if count:
            journal.record(CLOSED, target=examen.pk, dossier=examen.dossier_id, by=by, count=count)


def give_to_positioned(examen: Examen, *, since: date, by: User | None) -> None:
    """The landlord that volunteers reads the fiche for six months from that day, the time to make a proposal; less
    when a lease is signed or the dossier closed (`follow_dossiers`)."""
    landlord = examen.positioned_landlord
    if landlord is not None:
        until = closes_at(since, POSITIONED)
        give([examen], teams=[landlord.team_id], until=until, reason=POSITIONED, by=by)
