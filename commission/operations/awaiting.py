"""What awaits who runs the séances, and what members are called to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from accounts.models import User
from cases.dossiers.models import Dossier
from commission.models import BEFORE_OPENING, Examen, Seance, SeanceState
from commission.operations.examens import ACTIVE
from commission.operations.seances import RUN

SOON = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Séances to prepare, to hold or to close, the nearest first; how many ready situations have no séance."""

    seances: list[Seance]
    without_seance: int


def awaiting(user: User, *, today: date) -> Awaiting | None:
    """In two queries; nothing for who does not run séances."""
    if not user.has_perm(RUN):
        return None
    working = [*BEFORE_OPENING, SeanceState.OUVERTE, SeanceState.SUSPENDUE]
    near = Seance.objects.filter(state__in=working, held_on__lte=today + SOON).order_by("held_on")
    enrolled = Examen.objects.filter(state__in=ACTIVE).values("dossier")
    ready = Dossier.objects.visible_to(user).awaiting_commission().exclude(pk__in=enrolled)
    return Awaiting(list(near), ready.order_by().count())
