"""How séances are shown, prepared and held."""

from commission.views.acts import (
    cancel,
    close,
    decide,
    enrol,
    enrol_dossier,
    extend,
    opening,
    plan,
    present,
    settle,
    withdraw,
    withdraw_dossier,
)
from commission.views.fiches import fiche, fiches_csv, preview, readings, told
from commission.views.members import convene, members, postpone
from commission.views.pages import dossier_tab, seance, seances

__all__ = [
    "cancel",
    "close",
    "convene",
    "decide",
    "dossier_tab",
    "enrol",
    "enrol_dossier",
    "extend",
    "fiche",
    "fiches_csv",
    "members",
    "opening",
    "plan",
    "postpone",
    "present",
    "preview",
    "readings",
    "seance",
    "seances",
    "settle",
    "told",
    "withdraw",
    "withdraw_dossier",
]
