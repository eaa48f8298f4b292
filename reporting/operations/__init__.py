"""Counting: facts from dated events, figures from facts, both by the worker alone."""

from reporting.operations.catch_up import catch_up, close_period, recompute, recount, refresh_dossiers, refresh_seances
from reporting.operations.exporting import note_export
from reporting.operations.published import Row, published_rows

__all__ = [
    "Row",
    "catch_up",
    "close_period",
    "note_export",
    "published_rows",
    "recompute",
    "recount",
    "refresh_dossiers",
    "refresh_seances",
]
