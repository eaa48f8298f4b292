"""Keeping a choice of filters under a name, and forgetting it. Nothing is journaled: it opens no dossier."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.grants import require
from accounts.models import User
from cases.dossiers.models import KeptView
from cases.dossiers.models.views import MOST
from cases.dossiers.operations.acts import VIEW
from core.errors import OperationRefused
from vault import keys
from vault.models import KeyClass

FULL = f"Vous avez déjà {MOST} vues : retirez-en une d’abord."


def kept_views(user: User) -> list[KeptView]:
    """Those of `user`, in the order in which she kept them, their names ready to be read; two queries at most."""
    found = list(KeptView.objects.filter(owner=user).order_by("rank"))
    keys.warm([user.pk] if found else [], [KeyClass.IDENTITY])
    return found


@transaction.atomic
def keep_view(name: str, codes: str, *, by: User) -> KeptView:
    """Keep these codes under this name. Raises `OperationRefused` when there are twelve, `IntegrityError` for codes
    that are kept already, or that are not codes."""
    require(by, VIEW)
    taken = set(KeptView.objects.filter(owner=by).values_list("rank", flat=True))
    free = next((rank for rank in range(1, MOST + 1) if rank not in taken), None)
    if free is None:
        raise OperationRefused(FULL)
    kept = KeptView(subject_id=by.pk, owner=by, rank=free, name=name.strip(), codes=codes)
    kept.save(force_insert=True)
    return kept


@transaction.atomic
def forget_view(view_id: UUID, *, by: User) -> None:
    """Raises `OperationRefused` when it is gone already."""
    deleted, _ = KeptView.objects.filter(pk=view_id, owner=by).delete()
    if not deleted:
        raise OperationRefused("Cette vue n’existe plus.")
