"""What keeps a dossier open: called by whoever opens or ends something on it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit import journal
from cases.dossiers.models import Dossier, Hold, HoldCode, State
from core.errors import OperationRefused
from core.gathering import insert
from core.locking import lock


@transaction.atomic
def hold(dossier: Dossier, code: HoldCode, *, holder: UUID, by: User | None) -> Hold:
    """Keep the dossier open for `holder`; it is locked, so that nobody closes it meanwhile.

    Raises `OperationRefused` on a closed dossier, `IntegrityError` when `holder` holds it already.
    """
    dossier = lock(Dossier.objects, dossier.pk)
    if dossier.state == State.CLOS:
        raise OperationRefused("Ce dossier est clos : rouvrez-le avant d’y ouvrir autre chose.")
    made = Hold(dossier=dossier, code=code, holder_id=holder, placed_at=timezone.now())
    insert(made)
    journal.record("dossier.held", target=holder, dossier=dossier.pk, by=by, code=code.value)
    return made


@transaction.atomic
def release(dossier: Dossier, code: HoldCode, *, holder: UUID, by: User | None) -> None:
    """`holder` no longer keeps the dossier open; nothing happens when it did not."""
    open_holds = Hold.objects.filter(dossier=dossier, code=code, holder_id=holder, released_at=None)
    if open_holds.update(released_at=timezone.now()):
        journal.record("dossier.released", target=holder, dossier=dossier.pk, by=by, code=code.value)
