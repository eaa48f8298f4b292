"""Who tends whose access: the technical administrator everybody's, a person in charge those of her organisation."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.grants import require
from accounts.models import Membership, Organisation, User
from accounts.roles import RESERVED, ROLES, Code
from audit.refusals import refused
from core.errors import NotAllowed, OperationRefused

ACCOUNTS, PEOPLE = "accounts.manage_accounts", "accounts.manage_people"
HIDDEN = "Cette organisation n’est pas de celles dont vous tenez les accès."


def kept_by(user: User) -> QuerySet[Organisation]:
    """The organisations whose people `user` tends."""
    if user.has_perm(ACCOUNTS):
        return Organisation.objects.all()
    own = Membership.objects.live().filter(user=user, in_charge=True).values("organisation")
    return Organisation.objects.filter(pk__in=own)


def may_give(user: User, organisation: Organisation) -> list[Code]:
    """The roles that `user` may give there: those of its kind; the reserved ones by the administrator alone."""
    all_of_them = user.has_perm(ACCOUNTS)
    return [
        code
        for code, role in ROLES.items()
        if role.is_held_in(organisation.kind) and (all_of_them or code not in RESERVED)
    ]


def require_keeping(by: User, organisation: Organisation) -> None:
    """Raise `NotAllowed` unless `by` tends the access of the people of `organisation`."""
    require(by, PEOPLE)
    if not kept_by(by).filter(pk=organisation.pk).exists():
        raise NotAllowed(HIDDEN)


def require_giving(by: User, organisation: Organisation, role: Code, *, in_charge: bool = False) -> None:
    """Raise `OperationRefused` unless `by` may give this role there (or take it away)."""
    require_keeping(by, organisation)
    if not ROLES[role].is_held_in(organisation.kind):
        refused("membership.refused", why="kind", target=organisation.pk)
        raise OperationRefused(f"Le rôle « {ROLES[role].label} » ne se tient pas dans « {organisation} ».")
    require_above(by, role, in_charge=in_charge)


def require_above(by: User, role: Code, *, in_charge: bool) -> None:
    """The roles that give access to others, and the charge itself, are the administrator's to give and take."""
    if (role in RESERVED or in_charge) and not by.has_perm(ACCOUNTS):
        raise NotAllowed("Seul l’administrateur technique donne ou retire cela. Demandez-le-lui.")


def require_another(by: User, person: User) -> None:
    """Nobody changes her own roles: an administrator would open the dossiers to herself."""
    if by.pk == person.pk:
        raise OperationRefused(
            "On ne change pas ses propres rôles. Demandez-le à une autre personne qui tient les accès."
        )
