"""What a household agrees to, or takes back, while its situation is before the commission: who reads its fiche."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from audit.models import Entry
from commission.models import Examen, ExamenState, Seance
from commission.operations.examens import why_not_extend
from commission.operations.fiches import follow, reopen
from commission.operations.grants import CLOSED, give_to_positioned, take_back_not_agreed
from core.locking import lock


def _closed_by_this(examens: Collection[Examen]) -> set[UUID]:
    """Those whose fiche an agreement taken back had closed, and no protection since."""
    ours = Entry.objects.filter(event=CLOSED, target_id__in=[examen.pk for examen in examens])
    closed = dict(ours.order_by("recorded_at").values_list("target_id", "recorded_at"))  # the last of each
    acts = Entry.objects.filter(event="dossier.protected", dossier_id__in=[examen.dossier_id for examen in examens])
    protected = dict(acts.order_by("recorded_at").values_list("dossier_id", "recorded_at"))
    return {
        examen.pk
        for examen in examens
        if examen.pk in closed and protected.get(examen.dossier_id, closed[examen.pk]) <= closed[examen.pk]
    }


@transaction.atomic
def follow_agreements(dossiers: Collection[UUID]) -> None:
    """Who may no longer read the fiches of these dossiers does not, and to whom this had closed them reads again, until
    the day that was theirs. By the worker.

    What the SIAO had opened longer to the landlord that volunteered reopens until the first term alone: it may open it
    longer again. What something else had closed (a protection, a lease) stays closed.
    """
    passages = Examen.objects.filter(dossier__in=dossiers).exclude(state=ExamenState.RETIREE)
    for pk in sorted(set(passages.values_list("seance", flat=True))):
        seance = lock(Seance.objects, pk)
        examens = list(passages.filter(seance=seance).select_related("seance", "dossier", "positioned_landlord"))
        had_closed = _closed_by_this(examens)
        take_back_not_agreed(examens, by=None)
        follow(seance, by=None, examens=examens)
        again = [examen for examen in examens if examen.pk in had_closed]
        reopen(seance, again, by=None)
        for examen in again:
            if examen.decided_on is not None and not why_not_extend(examen):
                give_to_positioned(examen, since=examen.decided_on, by=None)
