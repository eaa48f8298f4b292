"""How séances are shown, prepared and held."""

from commission.views.acts import (
    cancel,
    close,
    convene,
    decide,
    enrol,
    enrol_dossier,
    opening,
    plan,
    present,
    settle,
    withdraw,
)
from commission.views.pages import dossier_tab, seance, seances

__all__ = [
    "cancel",
    "close",
    "convene",
    "decide",
    "dossier_tab",
    "enrol",
    "enrol_dossier",
    "opening",
    "plan",
    "present",
    "seance",
    "seances",
    "settle",
    "withdraw",
]
