"""What awaits who runs the séances, and what members are called to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count

from accounts.models import User
from cases.dossiers.models import Dossier
from cases.dossiers.operations.acts import INSTRUCT
from commission.models import BEFORE_OPENING, CALLED, Examen, Fiche, Seance, SeanceState
from commission.operations.seances import RUN

READ_FICHE = "commission.read_fiche"
SEE = "commission.view_seance"
SOON = timedelta(days=21)
WORKING = (*BEFORE_OPENING, SeanceState.OUVERTE, SeanceState.SUSPENDUE)


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Séances to prepare, to hold or to close, the nearest first; how many ready situations have no séance."""

    seances: list[Seance]
    without_seance: int


@dataclass(frozen=True, slots=True)
class Called:
    """A séance to which one's organisation is called, and how many fiches are open to it there."""

    seance: Seance
    fiches: int


def called(user: User) -> list[Called]:
    """The séances of a member that are not over, the nearest first, in two queries; nothing for who reads no fiche."""
    if not user.has_perm(READ_FICHE):
        return []
    found = Seance.objects.called_to(user).filter(state__in=CALLED).order_by("held_on")
    count = open_fiches(user)
    return [Called(seance, count.get(seance.pk, 0)) for seance in found]


def open_fiches(user: User) -> dict[UUID, int]:
    """How many situations are told to `user`, by séance."""
    told = Fiche.objects.told_to(user).order_by().values_list("seance")
    return dict(told.annotate(count=Count("examen", distinct=True)))


def attended_by(user: User, *, since: date, until: date) -> list[Seance]:
    """The séances between two days that `user` runs, where she presents situations, or to which her organisation is
    called, the nearest first; one query. Nothing for who only knows that they are held."""
    if user.has_perm(RUN) or (user.has_perm(SEE) and user.has_perm(INSTRUCT)):
        found = Seance.objects.filter(state__in=WORKING)
    elif user.has_perm(READ_FICHE):
        found = Seance.objects.called_to(user).filter(state__in=CALLED)
    else:
        return []
    return list(found.filter(held_on__range=(since, until)).order_by("held_on", "place_key"))


def awaiting(user: User, *, today: date) -> Awaiting | None:
    """In two queries; nothing for who does not run séances."""
    if not user.has_perm(RUN):
        return None
    near = Seance.objects.filter(state__in=WORKING, held_on__lte=today + SOON).order_by("held_on")
    enrolled = Examen.objects.active().values("dossier")
    ready = Dossier.objects.visible_to(user).awaiting_commission().exclude(pk__in=enrolled)
    return Awaiting(list(near), ready.order_by().count())
