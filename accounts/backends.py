"""What a role allows: Django's permissions of the groups of one's live memberships."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Value
from django.db.models.functions import Concat

from accounts.models import Membership, User


class RoleBackend(ModelBackend):
    """Signs in by e-mail and password; permissions come from live memberships only, one query a request."""

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


def _permissions_of(user: User) -> set[str]:
    live = Membership.objects.live().filter(user=user)
    groups = live.annotate(group=Concat(Value("role:"), "role")).values("group")
    found = Permission.objects.filter(group__name__in=groups)
    return {f"{app}.{code}" for app, code in found.values_list("content_type__app_label", "codename").distinct()}
