"""« Réglages »: the reference lists and the texts, edited in the application, each with its history."""

from desk.reference_lists.letters import letter, letters
from desk.reference_lists.lists import (
    commune,
    communes,
    hint,
    hints,
    index,
    motive,
    motives,
    new_commune,
    new_motive,
    new_organisation,
    organisation,
    organisations,
    text_hints,
)
from desk.reference_lists.piece_kinds import kind as piece_kind
from desk.reference_lists.piece_kinds import kinds as piece_kinds
from desk.reference_lists.piece_kinds import new_kind as new_piece_kind

__all__ = [
    "commune",
    "communes",
    "hint",
    "hints",
    "index",
    "letter",
    "letters",
    "motive",
    "motives",
    "new_commune",
    "new_motive",
    "new_organisation",
    "new_piece_kind",
    "organisation",
    "organisations",
    "piece_kind",
    "piece_kinds",
    "text_hints",
]
