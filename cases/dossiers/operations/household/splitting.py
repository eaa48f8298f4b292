"""A household parts: some members go on in a dossier of their own, which follows the one they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from accounts.operations import siao
from cases.dossiers.models import (
    Custody,
    Dossier,
    EventKind,
    Household,
    HouseholdFact,
    HousingRequest,
    Leaving,
    MemberDetail,
    Participant,
    PersonRole,
    Source,
)
from cases.dossiers.operations.acts import OPEN
from cases.dossiers.operations.facts import NewFact, state_fact
from cases.dossiers.operations.household.common import (
    detail_of,
    end_stay,
    give_title,
    join,
    member_of,
    members_of,
    open_household,
    record,
    request_for,
    require_past,
    tell,
)
from cases.dossiers.operations.household.members import succeeding
from cases.dossiers.operations.household.opening_to import open_as
from cases.dossiers.operations.opening import numbered
from core.errors import OperationRefused
from vault import keys
from vault.models import KeyClass

ALONE_FROM = 16  # years: before, a child follows an adult


class Goes(StrEnum):
    """What the split makes of a member other than who leaves."""

    STAYS = "stays"
    FOLLOWS = "follows"
    SHARED = "shared"  # a child, who lives in both households by turns


@dataclass(frozen=True, slots=True)
class Split:
    """Who leaves for a dossier of her own, with whom, and when; `successor` when she was titulaire.

    `others` says where each other member goes, by the id of the stay; who is not there stays.
    """

    leaver: UUID
    on: date
    others: Mapping[UUID, Goes] = field(default_factory=dict)
    successor: UUID | None = None


@transaction.atomic
def split_household(dossier_id: UUID, told: Split, *, by: User | None) -> Dossier:
    """Open the dossier of who leaves, in a household of its own, to the teams that see the one she leaves.

    It begins where a dossier begins: « prescrit » when the household had been oriented, else « repéré ». Persons keep
    their keys: no sealed value of theirs is written again. Raises `OperationRefused` when nobody would stay, for a
    titulaire without successor, a grown-up who would be shared, and a day that cannot be.
    """
    dossier = open_household(dossier_id, by=by)
    require(by, OPEN)
    members = members_of(dossier)
    leaver = member_of(dossier, told.leaver)
    require_past(told.on, since=leaver.joined_on or leaver.person.birth_date)
    gone = [leaver, *(members[pk] for pk, where in told.others.items() if where is Goes.FOLLOWS and pk in members)]
    shared = [members[pk] for pk, where in told.others.items() if where is Goes.SHARED and pk in members]
    heir = _check(members, leaver, gone, shared, told.successor)
    made = _open(dossier, on=told.on, by=by)
    keys.ensure([(made.household_id, KeyClass.SOCIAL), (leaver.person_id, KeyClass.SOCIAL)])
    for member in gone:
        _move(member, made, PersonRole.TITULAIRE if member.pk == leaver.pk else _place(member), on=told.on)
    for child in shared:
        _share(child, made, on=told.on)
    _follow_request(dossier, made, leaver)
    if heir is not None:
        give_title(dossier, heir)
    _tell_both(dossier, made, on=told.on, by=by)
    return made


def is_too_young(stay: Participant, today: date) -> bool:
    """A child known to be under sixteen."""
    age = stay.person.age_on(today)
    return stay.role == PersonRole.ENFANT and age is not None and age < ALONE_FROM


def _check(
    members: dict[UUID, Participant],
    leaver: Participant,
    gone: list[Participant],
    shared: list[Participant],
    successor: UUID | None,
) -> Participant | None:
    if len({member.pk for member in gone}) >= len(members):
        raise OperationRefused("Personne ne resterait dans ce ménage : il ne se sépare pas.")
    if any(child.role != PersonRole.ENFANT for child in shared):
        raise OperationRefused("Seul un enfant partage son temps entre deux ménages.")
    if is_too_young(leaver, timezone.localdate()):
        raise OperationRefused("Un enfant de moins de 16 ans n’a pas de dossier à son nom : il suit un adulte.")
    if all(member.role != PersonRole.TITULAIRE for member in gone):
        return None
    staying = {pk: member for pk, member in members.items() if member not in gone}
    return succeeding(staying, leaver, successor)


def _open(dossier: Dossier, *, on: date, by: User | None) -> Dossier:
    now = timezone.now()
    made = Dossier(
        household=Household.objects.create(created_at=now),
        predecessor=dossier,
        prescripteur=dossier.prescripteur,
        referent=dossier.referent,
        state_on=on,
        source=Source.ACT,
        is_protected=dossier.is_protected,
        created_at=now,
    )
    if dossier.prescripteur_id is not None:  # oriented with the household, once: no other orientation is stated
        made.prescribe(on=dossier.oriented_on or on)
        made.state_on = on
    numbered(made, None, year=on.year)
    open_as(made, dossier, siao=siao(), by=by)
    return made


def _place(member: Participant) -> str:
    """In another household, who was its titulaire or conjoint has another place; a child is still one."""
    return member.role if member.role == PersonRole.ENFANT else PersonRole.AUTRE


def _move(member: Participant, made: Dossier, role: str, *, on: date) -> None:
    was_titulaire = member.role == PersonRole.TITULAIRE
    known = MemberDetail.objects.filter(participant=member).first()
    custody = known.custody if known is not None and role == PersonRole.ENFANT else None
    end_stay(member, Leaving.SIEN, on=on, role=PersonRole.ANCIEN if was_titulaire else None)
    _detail(join(made, member.person, role, on=on), custody)


def _share(child: Participant, made: Dossier, *, on: date) -> None:
    """She stays, and is of the other household too, one as the other by turns."""
    detail = detail_of(child)
    detail.custody = Custody.ALTERNEE
    detail.save()
    _detail(join(made, child.person, PersonRole.ENFANT, on=on), Custody.ALTERNEE)


def _detail(member: Participant, custody: str | None) -> None:
    if custody is not None:
        detail = detail_of(member)
        detail.custody = custody
        detail.save()


def _follow_request(dossier: Dossier, made: Dossier, leaver: Participant) -> None:
    """Her housing request is hers: the same row goes with her, sealed as it is."""
    HousingRequest.objects.filter(dossier=dossier, person=leaver.person).update(dossier=made)
    request_for(made, leaver.person)


def _tell_both(dossier: Dossier, made: Dossier, *, on: date, by: User | None) -> None:
    state_fact(made, NewFact(EventKind.STATE, on, detail=made.state), by=by)
    tell(made, "dossier.opened", HouseholdFact.FORMATION, on=on, target=made.pk, by=by)
    tell(dossier, "household.split", HouseholdFact.SEPARATION, on=on, target=made.pk, by=by)
    record(made, "household.formed", target=dossier.pk, by=by)
