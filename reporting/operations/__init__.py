"""Counting: facts from dated events, figures from facts, both by the worker alone."""

from reporting.operations.catch_up import (
    GONE,
    catch_up,
    close_period,
    forget_dossiers,
    recompute,
    recount,
    refresh_dossiers,
    refresh_seances,
)
from reporting.operations.facts import Gone
from reporting.operations.published import Row, published_rows

__all__ = [
    "GONE",
    "Gone",
    "Row",
    "catch_up",
    "close_period",
    "forget_dossiers",
    "published_rows",
    "recompute",
    "recount",
    "refresh_dossiers",
    "refresh_seances",
]
