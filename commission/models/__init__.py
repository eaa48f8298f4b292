"""The SIAO–bailleurs commission: its séances, the situations examined there, and what its members are told.

A partnership body: it validates a situation, it attributes no dwelling (only the landlord's CALEOL does).
"""

from commission.models.examens import (
    DECISIONS,
    ON_AGENDA,
    PRESENTED,
    VALIDATED,
    Examen,
    ExamenGroupGrant,
    ExamenQuerySet,
    ExamenState,
    Snapshot,
    SnapshotQuerySet,
)
from commission.models.fiches import AgeBand, Fiche, FicheQuerySet, Housing, Income, live_grants_of
from commission.models.seances import (
    BEFORE_OPENING,
    CALLED,
    HELD,
    Convocation,
    Presence,
    Seance,
    SeanceQuerySet,
    SeanceState,
)

__all__ = [
    "BEFORE_OPENING",
    "CALLED",
    "DECISIONS",
    "HELD",
    "ON_AGENDA",
    "PRESENTED",
    "VALIDATED",
    "AgeBand",
    "Convocation",
    "Examen",
    "ExamenGroupGrant",
    "ExamenQuerySet",
    "ExamenState",
    "Fiche",
    "FicheQuerySet",
    "Housing",
    "Income",
    "Presence",
    "Seance",
    "SeanceQuerySet",
    "SeanceState",
    "Snapshot",
    "SnapshotQuerySet",
    "live_grants_of",
]
