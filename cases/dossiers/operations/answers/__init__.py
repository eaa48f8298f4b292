"""The answers of an evaluation: what is known, writing it, and what two people wrote at once."""

from cases.dossiers.operations.answers.held import Held, held_apart, held_of, last_version, table_of
from cases.dossiers.operations.answers.places import income_of, rent_debt_of
from cases.dossiers.operations.answers.raw import Line, lines_of, raw_lines
from cases.dossiers.operations.answers.versions import WRITABLE, open_version, take_over
from cases.dossiers.operations.answers.writing import (
    BOTH_OF,
    Keep,
    Outcome,
    Told,
    Written,
    drafts_of,
    settle,
    write_answers,
)

__all__ = [
    "BOTH_OF",
    "WRITABLE",
    "Held",
    "Keep",
    "Line",
    "Outcome",
    "Told",
    "Written",
    "drafts_of",
    "held_apart",
    "held_of",
    "income_of",
    "last_version",
    "lines_of",
    "open_version",
    "raw_lines",
    "rent_debt_of",
    "settle",
    "table_of",
    "take_over",
    "write_answers",
]
