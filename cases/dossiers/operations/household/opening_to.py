"""To whom a dossier that follows another is open: to those who saw the other, and no longer than they did."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from accounts import grants
from accounts.models import Organisation, User
from cases.dossiers.models import Dossier, DossierGroupGrant, DossierUserGrant, GrantReason
from cases.dossiers.operations.referent import open_to_referent
from core.errors import OperationRefused

WITHOUT_END = (GrantReason.OPENING, GrantReason.IMPORT)
RELAY_LASTS = timedelta(days=90)
"""A team that accompanies the former household sees the new one for as long as a relay takes."""


def open_as(made: Dossier, former: Dossier, *, siao: Organisation, by: User | None) -> None:
    """Give the first grants of a new dossier, as its predecessor's. Teams stay without effect while it is protected.

    Raises `OperationRefused` when the predecessor is protected and its author is not one of the persons named.
    """
    if former.is_protected:
        name_the_same(made, former, by=by)
    live = list(DossierGroupGrant.objects.filter(content_object=former).select_related("group"))
    lasting = {each.group_id: each.group for each in live if each.reason in WITHOUT_END and each.valid_until is None}
    teams: list[Group] = list(({siao.team.pk: siao.team} | lasting).values())
    grants.grant_teams(made, teams, reason=GrantReason.OPENING, by=by)
    relay = timezone.now() + RELAY_LASTS
    for each in live:
        if each.group_id not in {team.pk for team in teams}:
            until = min(each.valid_until, relay) if each.valid_until else relay
            grants.grant(made, to=each.group, reason=GrantReason.RELAY, by=by, until=until)
    if made.referent is not None:
        made.refresh_from_db(fields=["open_to"])  # PostgreSQL has written the teams
        open_to_referent(made, made.referent, by=by)


def name_the_same(made: Dossier, former: Dossier, *, by: User | None) -> None:
    """A protected dossier opens a protected one, to the same persons: of `former`, those named see `made`.

    The author first: the next grants are given by somebody who sees it. Raises `OperationRefused` when she is not one
    of them.
    """
    named = DossierUserGrant.objects.filter(content_object=former, reason=GrantReason.PROTECTION).select_related("user")
    people = {each.user.pk: each.user for each in named}
    if by is not None and by.pk not in people:
        raise OperationRefused("Ce dossier est protégé : une des personnes nommées fait cet acte.")
    for person in sorted(people.values(), key=lambda each: each != by):
        grants.grant(made, to=person, reason=GrantReason.PROTECTION, by=by)
