"""« Qui peut quoi »: the roles of `accounts/roles.py`, in words; `docs/qui-voit-quoi.md` is drawn from here too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.backends import memberships_of
from accounts.models import User
from accounts.roles import ROLES, Role, incompatible_pairs
from core.http import for_everyone

# Django's own permissions, whose words would be English; ours say theirs beside their model
WORDS = {
    "dossiers.view_dossier": "Voir les dossiers qui lui sont ouverts",
    "commission.view_seance": "Voir les séances",
}


@dataclass(frozen=True, slots=True)
class Ability:
    """Something that a role allows: its permission, in words, and the roles that have it."""

    permission: str
    label: str
    roles: Sequence[Role]


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One role: what it may do, which other ones the same person may not hold, whether the reader holds it."""

    role: Role
    abilities: Sequence[str]
    apart: Sequence[str]
    is_mine: bool = False


@for_everyone
@require_safe
def rights(request: HttpRequest) -> HttpResponse:
    """What each role allows, and what I am here; the same page for everyone, whose own roles are marked."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  the default-deny middleware let in signed-in people alone
    held = memberships_of(user)
    mine = {membership.role for membership in held}
    return render(
        request,
        "desk/rights.html",
        {"held": held, "lines": lines(mine), "abilities": abilities(), "mine": mine},
    )


@cache
def abilities() -> tuple[Ability, ...]:
    """Every permission that some role has, in the order of the tower, with its roles. Asks no database."""
    held = {permission for role in ROLES.values() for permission in role.permissions}
    return tuple(
        Ability(permission, label, [role for role in ROLES.values() if permission in role.permissions])
        for permission, label in _named().items()
        if permission in held
    )


def lines(mine: set[str]) -> list[RoleLine]:
    """Every role, in the order of `roles.py`."""
    apart = [set(pair) for pair in incompatible_pairs()]
    return [
        RoleLine(
            role,
            [ability.label for ability in abilities() if role in ability.roles],
            [ROLES[other].label for other in ROLES if {role.code, other} in apart],
            role.code in mine,
        )
        for role in ROLES.values()
    ]


def _named() -> dict[str, str]:
    """Words of each permission, from the bottom of the tower up; of a model, what reads before what acts."""
    named: dict[str, str] = {}
    for model in apps.get_models():
        app = model._meta.app_label
        own = [f"{app}.{action}_{model._meta.model_name}" for action in model._meta.default_permissions]
        named |= {permission: WORDS[permission] for permission in own if permission in WORDS}
        named |= {f"{app}.{code}": str(name) for code, name in model._meta.permissions}
    return named
