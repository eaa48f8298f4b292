"""What a role allows: Django's permissions of the groups of one's live memberships."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet

from accounts.models import Membership, User

IN_CHARGE = "accounts.manage_people"


class RoleBackend(ModelBackend):
    """Signs in by e-mail and password; permissions come from live memberships only, one query a request."""

    def get_user(self, user_id: Any) -> User | None:
        """The account of a session, with its live memberships in the same statement when it has one."""
        held = list(_live_of(user_id).select_related("user"))
        if not held:
            return super().get_user(user_id)
        user = held[0].user
        user._live_memberships = held  # type: ignore[attr-defined]
        return user if self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """`app_label.codename` of everything the roles held now allow; nothing for one object (see grants)."""
        if obj is not None or not user_obj.is_active or user_obj.is_anonymous:
            return set()
        if not hasattr(user_obj, "_role_permissions"):
            user_obj._role_permissions = _permissions_of(user_obj)
        return set(user_obj._role_permissions)

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return self.get_all_permissions(user_obj, obj)

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return user_obj.is_active and perm in self.get_all_permissions(user_obj, obj)


def memberships_of(user: User) -> list[Membership]:
    """The memberships in force, the first one first, with their organisations and what they allow; read once."""
    held: list[Membership] | None = getattr(user, "_live_memberships", None)
    if held is None:
        held = user._live_memberships = list(_live_of(user.pk))  # type: ignore[attr-defined]
    return held


def _live_of(user_id: Any) -> QuerySet[Membership]:
    live = Membership.objects.live().with_permissions().filter(user=user_id).select_related("organisation")
    return live.order_by("valid_from", "pk")


def _permissions_of(user: User) -> set[str]:
    """Those of the roles; whoever is in charge of an organisation's access also tends its people."""
    held = memberships_of(user)
    allowed = {name for membership in held for name in membership.allowed}  # type: ignore[attr-defined]
    return allowed | {IN_CHARGE} if any(membership.in_charge for membership in held) else allowed
