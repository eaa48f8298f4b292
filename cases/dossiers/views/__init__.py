"""How a dossier is shown: the list, its page, its journal, its acts."""

from cases.dossiers.views.acts import act, take
from cases.dossiers.views.detail import dossier, journal_tab
from cases.dossiers.views.frame import dossier_context, names_of, visible_dossier
from cases.dossiers.views.listing import dossiers
from cases.dossiers.views.words import outcome_words

__all__ = [
    "act",
    "dossier",
    "dossier_context",
    "dossiers",
    "journal_tab",
    "names_of",
    "outcome_words",
    "take",
    "visible_dossier",
]
