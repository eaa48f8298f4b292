"""Who follows a dossier."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import Dossier
from cases.dossiers.operations.acts import INSTRUCT
from core import outbox
from core.errors import OperationRefused
from core.locking import lock


@transaction.atomic
def appoint_referent(dossier_id: UUID, referent: User, *, by: User | None) -> Dossier:
    """Name who follows a dossier, in place of whoever did.

    Raises `OperationRefused` for somebody whose role does not instruct, or to whom the dossier is not open.
    """
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if not referent.has_perm(INSTRUCT) or not referent.has_perm("view", dossier):
        raise OperationRefused("Choisissez un référent du SIAO à qui ce dossier est ouvert.")
    dossier.referent = referent
    dossier.save(update_fields=["referent"])
    journal.record("dossier.referent_appointed", target=dossier.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return dossier


@transaction.atomic
def take(dossier_id: UUID, *, by: User) -> Dossier:
    """Become the referent of a dossier that has none. Raises `OperationRefused` when somebody follows it."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    if dossier.referent_id is not None:
        raise OperationRefused("Ce dossier a déjà un référent : demandez-lui de vous le passer.")
    dossier.referent = by
    dossier.save(update_fields=["referent"])
    journal.record("dossier.taken", target=dossier.pk, dossier=dossier.pk, by=by)
    outbox.enqueue("dossier.changed", dossier=str(dossier.pk))
    return dossier
