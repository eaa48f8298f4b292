"""What an import did, and its undoing, in words: the same on the page that waited and at the end of a job."""

from __future__ import annotations

from core.typography import agree, number
from exchange.models import Import
from exchange.operations import Report


def imported(report: Report) -> str:
    """Counts only: nobody's name."""
    made, altered, seances = report.situations.created, report.situations.changed, report.seances.created
    return (
        f"Le registre est importé : {number(made)} {agree(made, 'dossier créé,dossiers créés')}, "
        f"{number(altered)} {agree(altered, 'modifié')}, {number(seances)} "
        f"{agree(seances, 'séance créée,séances créées')}. Les chiffres se recalculent."
    )


def undone(told: Import) -> str:
    """Counts only."""
    return (
        f"L’import est défait : {number(told.created)} {agree(told.created, 'dossier,dossiers')} et "
        f"{number(told.seances)} {agree(told.seances, 'séance,séances')} ont disparu, avec tout ce qu’il y avait "
        "écrit. Les chiffres se recalculent."
    )
