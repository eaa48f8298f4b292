"""What comes in: files that wait, what was told of them, imports that may be undone, what a comparison leaves."""

from exchange.models.imports import ColumnMapping, PendingFile, PendingImport, Sent
from exchange.models.reconciliation import CodedColumn, Compared, KeptDifference, Recognised, ValueMapping
from exchange.models.undoable import Import, ImportedDossier, ImportedSeance

__all__ = [
    "CodedColumn",
    "ColumnMapping",
    "Compared",
    "Import",
    "ImportedDossier",
    "ImportedSeance",
    "KeptDifference",
    "PendingFile",
    "PendingImport",
    "Recognised",
    "Sent",
    "ValueMapping",
]
