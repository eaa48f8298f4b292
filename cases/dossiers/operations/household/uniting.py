"""Two households become one: one dossier goes on with everybody, the other is closed. Another split undoes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.db import transaction

from accounts.models import User
from cases.dossiers.models import (
    Dossier,
    DossierUserGrant,
    Hold,
    HoldCode,
    HouseholdFact,
    Leaving,
    MemberDetail,
    Outcome,
    Participant,
    PersonRole,
)
from cases.dossiers.operations.household.common import (
    detail_of,
    end_stay,
    join,
    members_of,
    open_household,
    require_past,
    tell,
)
from cases.dossiers.operations.household.members import PLACES
from cases.dossiers.operations.moves import close
from core.errors import OperationRefused


@transaction.atomic
def unite_households(
    dossier_id: UUID, joining_id: UUID, *, on: date, by: User | None, places: Mapping[UUID, str] | None = None
) -> Dossier:
    """The members of `joining_id` join the household of `dossier_id`, whose titulaire stays; the other is closed.

    `places` says the place of each, by the id of the stay; without it, a titulaire becomes « conjoint », a conjoint
    « autre ». Nothing is sealed again: rows stay where they were written, persons take part in both. Raises
    `OperationRefused` for the same dossier, a closed one, one that something holds, and a protected one unless the same
    persons see the other.
    """
    if dossier_id == joining_id:
        raise OperationRefused("Choisissez un autre dossier que celui-ci.")
    first, second = (open_household(pk, by=by) for pk in sorted((dossier_id, joining_id)))
    dossier, joining = (first, second) if first.pk == dossier_id else (second, first)
    require_past(on)
    _require_same_protection(dossier, joining)
    _require_free(joining)
    present = {member.person_id for member in members_of(dossier).values()}
    for member in members_of(joining).values():
        if member.joined_on is not None:
            require_past(on, since=member.joined_on)
        place = (places or {}).get(member.pk) or _place(member)
        if place not in PLACES:
            raise OperationRefused("Choisissez dans la liste la place de chaque personne dans le ménage réuni.")
        end_stay(member, Leaving.REUNION, on=on)
        if member.person_id not in present:  # a child may live in both by turns
            _join(dossier, member, place, on=on)
    tell(
        dossier,
        "household.united",
        HouseholdFact.REUNION,
        on=on,
        target=joining.pk,
        by=by,
        note=f"Avec le dossier {joining.reference}.",
    )
    close(
        joining.pk,
        by=by,
        on=on,
        outcome=Outcome.REUNION_MENAGES,
        note=f"Réuni avec le dossier {dossier.reference}.",
    )
    return dossier


def _require_same_protection(dossier: Dossier, joining: Dossier) -> None:
    """A name follows its stay, and each dossier tells the other's reference: a team would read what is hidden."""
    protected = {dossier.is_protected, joining.is_protected}
    if protected == {False} or (protected == {True} and _readers(dossier) == _readers(joining)):
        return
    raise OperationRefused(
        "Un dossier protégé ne se réunit qu’à un dossier protégé que les mêmes personnes voient. "
        "Protégez l’autre de la même façon, ou levez d’abord la protection."
    )


def _readers(dossier: Dossier) -> set[UUID]:
    return set(DossierUserGrant.objects.filter(content_object=dossier).values_list("user", flat=True))


def _require_free(joining: Dossier) -> None:
    """What is open on a dossier is ended first, by who opened it: uniting passes over nothing."""
    held = Hold.objects.filter(dossier=joining, released_at=None).order_by("code").values_list("code", flat=True)
    if code := held.first():
        raise OperationRefused(
            f"Le dossier {joining.reference} ne peut pas encore se fermer : {HoldCode(code).label}. "
            "Terminez-le d’abord, ou gardez ce dossier-là et réunissez-y celui-ci."
        )


def _place(member: Participant) -> str:
    if member.role == PersonRole.TITULAIRE:
        return PersonRole.CONJOINT
    return PersonRole.ENFANT if member.role == PersonRole.ENFANT else PersonRole.AUTRE


def _join(dossier: Dossier, member: Participant, place: str, *, on: date) -> None:
    known = MemberDetail.objects.filter(participant=member).first()
    stay = join(dossier, member.person, place, on=on)
    if known is not None and known.custody and place == PersonRole.ENFANT:
        detail = detail_of(stay)
        detail.custody = known.custody
        detail.save()
