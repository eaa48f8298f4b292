"""Members of a household: they join it, are told better, become titulaire, leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import (
    LEAVING_BY_HAND,
    Custody,
    Dossier,
    HouseholdFact,
    Leaving,
    Participant,
    Person,
    PersonRole,
    Precision,
)
from cases.dossiers.operations.household.common import (
    OLDEST,
    TWO_HEADS,
    detail_of,
    end_stay,
    give_title,
    join,
    member_of,
    members_of,
    open_household,
    record,
    require_past,
    tell,
)
from cases.dossiers.operations.indexing import index_new_person, index_person
from cases.dossiers.operations.likeness import look_for_likenesses
from core.errors import OperationRefused

PLACES = (PersonRole.CONJOINT, PersonRole.ENFANT, PersonRole.AUTRE)


@dataclass(frozen=True, slots=True)
class Identity:
    """A person's names and birth. One name at least; codes are `Sex`, `Civility` and `Precision`."""

    birth_name: str | None = None
    use_name: str | None = None
    first_name: str | None = None
    sex: str | None = None
    civility: str | None = None
    birth_date: date | None = None
    birth_precision: str | None = None

    @property
    def last_name(self) -> str | None:
        """The one shown."""
        return self.use_name or self.birth_name


@dataclass(frozen=True, slots=True)
class Place:
    """A person's place in the household: codes of `PersonRole`, `Relation` and `Custody`."""

    role: str
    relation: str | None = None
    custody: str | None = None


@transaction.atomic
def enter_household(dossier_id: UUID, who: Identity, place: Place, *, on: date | None, by: User | None) -> Participant:
    """Somebody joins the household, from a day that may not be known.

    Raises `OperationRefused` for a second titulaire, a day to come or before the birth, custody of a grown-up.
    """
    dossier = open_household(dossier_id, by=by)
    member = new_member(dossier, uuid4(), who, place, on=on)
    look_for_likenesses(dossier.pk, by)
    if on is None:  # there from the beginning: nothing happened
        record(dossier, "household.joined", target=member.person_id, by=by)
    else:
        tell(dossier, "household.joined", HouseholdFact.ARRIVEE, on=on, target=member.person_id, by=by)
    return member


def new_member(dossier: Dossier, person_id: UUID, who: Identity, place: Place, *, on: date | None) -> Participant:
    """A person under this identifier, and her stay; the caller tells of it. Raises as `enter_household`."""
    _check(who, place)
    if place.role == PersonRole.TITULAIRE:
        raise OperationRefused(TWO_HEADS)
    if on is not None:
        require_past(on, since=who.birth_date)
    person = Person(id=person_id, subject_id=person_id, created_at=timezone.now())
    write_identity(person, who)
    person.save(force_insert=True)
    index_new_person(person)
    member = join(dossier, person, place.role, on=on)
    _write_place(member, place)
    return member


@transaction.atomic
def correct_member(
    dossier_id: UUID, participant_id: UUID, who: Identity, place: Place, *, on: date | None, by: User | None
) -> Participant:
    """Tell better who a member is. Who is titulaire changes by `make_titulaire` alone. Raises as `enter_household`."""
    dossier = open_household(dossier_id, by=by)
    member = member_of(dossier, participant_id)
    _check(who, place)
    if (place.role == PersonRole.TITULAIRE) != (member.role == PersonRole.TITULAIRE):
        raise OperationRefused(TWO_HEADS)
    if on is not None:
        require_past(on, since=who.birth_date)
    write_identity(member.person, who)
    member.person.save()
    index_person(member.person_id)
    look_for_likenesses(dossier.pk, by)
    member.role, member.joined_on = place.role, on
    member.save(update_fields=["role", "joined_on"])
    _write_place(member, place)
    record(dossier, "household.member_corrected", target=member.person_id, by=by)
    return member


@transaction.atomic
def make_titulaire(
    dossier_id: UUID, participant_id: UUID, *, on: date, by: User | None, former: str = PersonRole.CONJOINT
) -> Participant:
    """Another member becomes titulaire; who was stays in the household, as `former`. Lease and dossier go on.

    Raises `OperationRefused` for who is titulaire already, and for a day to come.
    """
    dossier = open_household(dossier_id, by=by)
    require_past(on)
    member = member_of(dossier, participant_id)
    if member.role == PersonRole.TITULAIRE:
        raise OperationRefused("Cette personne est déjà titulaire.")
    if former not in PLACES:
        raise OperationRefused("Choisissez dans la liste la place de la personne qui n’est plus titulaire.")
    for other in members_of(dossier).values():
        if other.role == PersonRole.TITULAIRE:
            other.role = former
            other.save(update_fields=["role"])
    give_title(dossier, member)
    tell(dossier, "household.titulaire", HouseholdFact.TITULAIRE, on=on, target=member.person_id, by=by)
    return member


@transaction.atomic
def leave_household(
    dossier_id: UUID,
    participant_id: UUID,
    leaving: str,
    *,
    on: date,
    by: User | None,
    successor: UUID | None = None,
) -> Participant:
    """A member is no longer of the household. The titulaire names who takes her place: the lease goes on with her.

    Raises `OperationRefused` for the last member, a titulaire without successor, a day to come or before she came.
    """
    dossier = open_household(dossier_id, by=by)
    members = members_of(dossier)
    member = member_of(dossier, participant_id)
    require_past(on, since=member.joined_on or member.person.birth_date)
    if leaving not in LEAVING_BY_HAND:
        raise OperationRefused("Choisissez dans la liste pourquoi la personne quitte le ménage.")
    if len(members) == 1:
        raise OperationRefused("Personne d’autre n’est dans ce ménage : fermez le dossier avec son issue.")
    was_titulaire = member.role == PersonRole.TITULAIRE
    heir = succeeding(members, member, successor) if was_titulaire else None
    end_stay(member, leaving, on=on, role=PersonRole.ANCIEN if was_titulaire else None)
    if heir is not None:
        give_title(dossier, heir)
    died = leaving == Leaving.DECES
    fact = HouseholdFact.DECES if died else HouseholdFact.DEPART
    tell(dossier, "household.left", fact, on=on, target=member.person_id, by=by)
    if heir is not None:
        tell(dossier, "household.titulaire", HouseholdFact.TITULAIRE, on=on, target=heir.person_id, by=by)
    return member


def succeeding(members: dict[UUID, Participant], titulaire: Participant, successor: UUID | None) -> Participant:
    """Who becomes titulaire in the place of who leaves. Raises `OperationRefused` when nobody is named."""
    heir = members.get(successor) if successor else None
    if heir is None or heir.pk == titulaire.pk:
        raise OperationRefused("Dites qui devient titulaire : le dossier et le bail continuent à son nom.")
    return heir


def write_identity(person: Person, who: Identity) -> None:
    """Set the names and the birth; the one shown follows."""
    person.birth_name, person.use_name, person.first_name = who.birth_name, who.use_name, who.first_name
    person.sex, person.civility, person.birth_date = who.sex, who.civility, who.birth_date
    person.birth_precision = who.birth_precision
    if who.last_name is not None:
        person.last_name = who.last_name


def _check(who: Identity, place: Place) -> None:
    if who.last_name is None:
        raise OperationRefused("Écrivez au moins un nom : celui que la personne donne.")
    if place.role not in PersonRole.values or place.role == PersonRole.ANCIEN:
        raise OperationRefused("Choisissez dans la liste la place de cette personne dans le ménage.")
    born = who.birth_date
    if born is not None and not OLDEST <= born <= timezone.localdate():
        raise OperationRefused("Vérifiez la date de naissance : elle est passée, et vient après 1900.")
    if who.birth_precision not in (None, Precision.DAY, Precision.YEAR):
        raise OperationRefused("Une date de naissance se connaît au jour, ou à l’année.")
    if place.custody and (place.role != PersonRole.ENFANT or place.custody not in Custody.values):
        raise OperationRefused("La garde se dit d’un enfant : choisissez la place « enfant ».")


def _write_place(member: Participant, place: Place) -> None:
    detail = detail_of(member)
    if detail._state.adding and not (place.relation or place.custody):
        return
    detail.relation, detail.custody = place.relation, place.custody
    detail.save()
