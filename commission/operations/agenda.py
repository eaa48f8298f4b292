"""Being on an agenda: it keeps the dossier open until the commission decides, or the situation is taken off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from accounts.models import User
from cases.dossiers.models import HoldCode, Source
from cases.dossiers.operations import hold, release
from commission.models import ON_AGENDA, Examen, ExamenState
from commission.operations.grants import take_back


def keep_open(examen: Examen, *, by: User | None) -> None:
    """The members wait for this dossier: nobody closes it meanwhile."""
    hold(examen.dossier, HoldCode.COMMISSION, holder=examen.pk, by=by)


def let_go(examen: Examen, *, by: User | None) -> None:
    """The commission has no more to say of it."""
    release(examen.dossier, HoldCode.COMMISSION, holder=examen.pk, by=by)


def take_off(examen: Examen, *, by: User | None) -> None:
    """Off an agenda that had not come to it: it was not presented, and is free for another one."""
    examen.withdraw() if examen.state == ExamenState.INSCRITE else examen.withdraw_confirmed()
    examen.save(update_fields=["state"])
    take_back([examen])
    let_go(examen, by=by)


def is_superseded(examen: Examen) -> bool:
    """A register said that it would be seen there: the register may tell another séance in its stead."""
    return examen.source == Source.IMPORT and examen.state in ON_AGENDA


def why_not_examine(examens: Iterable[Examen], *, held_on: date, is_active: bool) -> str:
    """Why a register cannot put the situation before another séance: it is already before one. Empty when it can.

    `is_active`: what the register tells still awaits its séance; what is over stands beside.
    """
    for other in examens:
        if is_active and other.is_active and other.seance.held_on != held_on and not is_superseded(other):
            return (
                f"Ce dossier est à l’ordre du jour du {other.seance.held_on:%d/%m/%Y} dans Seuil ; la ligne le dit à "
                f"celui du {held_on:%d/%m/%Y}. Retirez-le d’abord du premier, ou corrigez la ligne."
            )
    return ""
