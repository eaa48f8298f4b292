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
