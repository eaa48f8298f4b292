"""What comes in: files that wait, what was told of them, and what a comparison with SI-SIAO leaves behind."""

from exchange.models.imports import ColumnMapping, PendingFile, PendingImport, Sent
from exchange.models.reconciliation import CodedColumn, Compared, KeptDifference, Recognised, ValueMapping

__all__ = [
    "CodedColumn",
    "ColumnMapping",
    "Compared",
    "KeptDifference",
    "PendingFile",
    "PendingImport",
    "Recognised",
    "Sent",
    "ValueMapping",
]
