"""What the acts on a household share: the open dossier, its members, days that make sense."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import (
    Dossier,
    EventKind,
    HouseholdFact,
    HousingRequest,
    MemberDetail,
    Participant,
    Person,
    PersonRole,
    State,
)
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.facts import NewFact, state_fact
from cases.dossiers.operations.telling import tell_members
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

OLDEST = date(1900, 1, 1)
GONE = "Cette personne n’est plus dans le ménage. Rechargez la page."
TWO_HEADS = "Un dossier a un seul titulaire : donnez à cette personne une autre place, ou changez de titulaire."


def open_household(dossier_id: UUID, *, by: User | None) -> Dossier:
    """The dossier, locked, that `by` instructs. Raises `OperationRefused` when it is closed."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if dossier.state == State.CLOS:
        raise OperationRefused("Ce dossier est clos : rouvrez-le avant de changer son ménage.")
    return dossier


def members_of(dossier: Dossier) -> dict[UUID, Participant]:
    """Those who are there, by the id of their stay."""
    found = Participant.objects.present().filter(dossier=dossier).select_related("person")
    return {member.pk: member for member in found}


def member_of(dossier: Dossier, participant_id: UUID) -> Participant:
    """One who is there. Raises `OperationRefused` for who has left."""
    member = members_of(dossier).get(participant_id)
    if member is None:
        raise OperationRefused(GONE)
    return member


def join(dossier: Dossier, person: Person, role: str, *, on: date | None) -> Participant:
    """One more stay, from that day."""
    member = Participant(dossier=dossier, person=person, role=role, joined_on=on)
    member.save(force_insert=True)
    return member


def detail_of(member: Participant) -> MemberDetail:
    """What is sealed of this stay, to be saved when it is new."""
    found = MemberDetail.objects.filter(participant=member).first()
    return found or MemberDetail(
        subject_id=member.person_id, dossier_id=member.dossier_id, participant=member, person_id=member.person_id
    )


def end_stay(member: Participant, leaving: str, *, on: date, role: str | None = None) -> None:
    """The stay ends that day; `role` is what she is then, when her place goes to another."""
    member.left_on = on
    member.role = role or member.role
    member.save(update_fields=["left_on", "role"])
    detail = detail_of(member)
    detail.leaving = leaving
    detail.save()


def request_for(dossier: Dossier, person: Person) -> None:
    """The titulaire has a row for her housing request: that of the evaluation is written there."""
    if not HousingRequest.objects.filter(dossier=dossier, person=person).exists():
        HousingRequest(subject_id=person.pk, dossier=dossier, person=person, recorded_at=timezone.now()).save(
            force_insert=True
        )


def give_title(dossier: Dossier, member: Participant) -> None:
    """Make her the titulaire of a dossier that has none at this moment."""
    member.role = PersonRole.TITULAIRE
    member.save(update_fields=["role"])
    request_for(dossier, member.person)


def tell(
    dossier: Dossier,
    event: str,
    fact: HouseholdFact,
    *,
    on: date | None,
    target: UUID,
    by: User | None,
    note: str | None = None,
) -> None:
    """The fact, the journal and the outbox of an act on the household."""
    state_fact(dossier, NewFact(EventKind.HOUSEHOLD, on, detail=fact, note=note), by=by)
    record(dossier, event, target=target, by=by)


def record(dossier: Dossier, event: str, *, target: UUID, by: User | None) -> None:
    """The journal and the outbox, for what is no event of a life: a correction, a note."""
    journal.record(event, target=target, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    tell_members(dossier)


def require_past(day: date, *, since: date | None = None) -> None:
    """A day of today or before, not before `since`, when one knows it."""
    if day > timezone.localdate():
        raise OperationRefused("Écrivez une date passée, ou celle d’aujourd’hui.")
    if since is not None and day < since:
        raise OperationRefused("Cette date vient avant l’arrivée dans le ménage, ou avant la naissance : vérifiez-la.")
