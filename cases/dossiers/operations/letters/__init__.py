"""Letters: their words, the settings they take, making and sending them."""

from cases.dossiers.operations.letters.facts import Asked, Decided, Decision, Facts, Person
from cases.dossiers.operations.letters.mailing import notify_instruction
from cases.dossiers.operations.letters.making import (
    WITH_PIECES,
    WITH_WHY,
    Desk,
    draft,
    draw,
    is_history,
    make_letter,
    mark_sent,
    pdf_of,
    pieces_in,
    tells_admission,
    told_in,
)
from cases.dossiers.operations.letters.texts import LEGAL, NO_LEGAL_TEXT, install_letter_texts, text_of
from cases.dossiers.operations.letters.words import NO_LETTER, compose, why_of

__all__ = [
    "LEGAL",
    "NO_LEGAL_TEXT",
    "NO_LETTER",
    "WITH_PIECES",
    "WITH_WHY",
    "Asked",
    "Decided",
    "Decision",
    "Desk",
    "Facts",
    "Person",
    "compose",
    "draft",
    "draw",
    "install_letter_texts",
    "is_history",
    "make_letter",
    "mark_sent",
    "notify_instruction",
    "pdf_of",
    "pieces_in",
    "tells_admission",
    "text_of",
    "told_in",
    "why_of",
]
