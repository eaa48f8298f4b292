"""What a decision of the SIAO brings with it, and a household that comes back."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import grants
from accounts.grants import require
from accounts.models import User
from accounts.operations import siao
from audit import journal
from cases.dossiers.models import (
    Dossier,
    EventKind,
    HousingRequest,
    MemberDetail,
    Participant,
    PersonRole,
    Source,
    State,
)
from cases.dossiers.operations.acts import OPEN
from cases.dossiers.operations.facts import NewFact, state_fact
from cases.dossiers.operations.household.common import detail_of, join
from cases.dossiers.operations.household.opening_to import name_the_same
from cases.dossiers.operations.opening import numbered
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

# how long before one looks again, in months, by motive; three for the others
REVIEW_MONTHS = {
    "AJOURNE_DETTE_LOCATIVE": 3,
    "AJOURNE_JUSTIFICATIFS_ABSENTS": 1,
    "AJOURNE_RELOGE_AUTRE_DISPOSITIF": 6,
}
USUAL_MONTHS = 3
SATURDAY = 5
# motives that put off what has in fact ended, and the motive of « non retenu » that says it (domaine § 1.4)
IN_FACT_ENDED = {"AJOURNE_RELOGE_AUTRE_DISPOSITIF": "RELOGE_AUTRE_DISPOSITIF"}
DECLINES = frozenset({"decline", "decline_after_adjournment"})
SOON = timedelta(days=365)  # closed since less than that, the same episode is proposed


def months_of(motive: str) -> int:
    """After how many months a situation put off for that motive is looked at again."""
    return REVIEW_MONTHS.get(motive, USUAL_MONTHS)


def proposed_review(motive: str, on: date) -> date:
    """The date to look again that is proposed: so many months later, on a working day."""
    months = on.month - 1 + months_of(motive)
    year, month = on.year + months // 12, months % 12 + 1
    day = date(year, month, min(on.day, monthrange(year, month)[1]))
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= SATURDAY else day


def consequences(dossier: Dossier, act: str) -> list[str]:
    """What will follow an act, in sentences, before it is done: who is told, of what."""
    if act not in DECLINES and act not in {"adjourn", "ask_for_pieces"}:
        return []
    told = []
    if act != "ask_for_pieces" and dossier.prescripteur is not None and not dossier.is_protected:
        told.append(f"{dossier.prescripteur.name} recevra un courriel, sans nom ni décision.")
    told.append("Le courrier pour le ménage sera prêt : vous le relirez, puis vous le remettrez.")
    if act == "adjourn":
        told.append("À la date de réexamen, le dossier reviendra de lui-même dans « Ce qui vous attend ».")
    return told


def is_same_episode(dossier: Dossier, today: date) -> bool:
    """Whether the former dossier is proposed to go on, rather than another: it was closed within the year."""
    return dossier.closed_on is not None and today - dossier.closed_on < SOON


@transaction.atomic
def follow_on(dossier_id: UUID, *, by: User | None, on: date) -> Dossier:
    """A new situation for the household of a closed one: who was there, their housing requests, linked to the former.

    To the SIAO alone: the teams of before ask again. A protected one is followed by a protected one, open to the same
    persons. Raises `OperationRefused` when the former is not closed, when another follows it already, or when `by` is
    not one of the persons named on a protected one.
    """
    former = lock(Dossier.objects, dossier_id)
    require(by, OPEN, former)
    if former.state != State.CLOS:
        raise OperationRefused("Ce dossier n’est pas clos : il continue, on n’en ouvre pas un autre.")
    if next_one := Dossier.objects.filter(predecessor=former).first():
        raise OperationRefused(f"Le dossier {next_one.reference} suit déjà celui-ci.")
    now = timezone.now()
    new = Dossier(
        household_id=former.household_id,
        predecessor=former,
        state_on=on,
        source=Source.ACT,
        is_protected=former.is_protected,
        created_at=now,
    )
    dossier = numbered(new, None, year=on.year)
    if former.is_protected:
        name_the_same(dossier, former, by=by)
    grants.grant_teams(dossier, [siao().team], reason="opening", by=by)
    _bring(former, dossier)
    state_fact(dossier, NewFact(EventKind.STATE, on, detail=State.REPERE), by=by)
    journal.record("dossier.opened", target=dossier.pk, dossier=dossier.pk, by=by)
    journal.record("dossier.followed_on", target=dossier.pk, dossier=former.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return dossier


def _bring(former: Dossier, dossier: Dossier) -> None:
    """What is asked once in a life comes along: who they are to each other, their unique number, its renewal.

    Of those who were there at the end, whom the titulaire is one of even when the end is her own leaving.
    """
    were_there = Participant.objects.filter(Q(left_on=None) | Q(role=PersonRole.TITULAIRE), dossier=former)
    brought: dict[UUID, Participant] = {}
    for stay in were_there.order_by("left_on").select_related("person"):  # ends first: a stay without end replaces one
        brought[stay.person_id] = stay
    details = {known.participant_id: known for known in MemberDetail.objects.filter(participant__in=brought.values())}
    for stay in brought.values():
        member = join(dossier, stay.person, stay.role, on=None)
        if (known := details.get(stay.pk)) is not None and (known.relation or known.custody):
            detail = detail_of(member)
            detail.relation, detail.custody = known.relation, known.custody
            detail.save()
    for request in HousingRequest.objects.filter(dossier=former, person__in=list(brought)):
        HousingRequest(
            subject_id=request.subject_id,
            dossier=dossier,
            person_id=request.person_id,
            number=request.number,
            missing_reason=request.missing_reason,
            renewed_on=request.renewed_on,
            recorded_at=timezone.now(),
        ).save(force_insert=True)
