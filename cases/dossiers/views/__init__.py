"""How a dossier is shown: the list, its page, its journal, its acts."""

from cases.dossiers.views.acts import act, take
from cases.dossiers.views.detail import dossier, journal_tab
from cases.dossiers.views.evaluation import evaluation_tab
from cases.dossiers.views.frame import actor, dossier_context, names_of, visible_dossier
from cases.dossiers.views.listing import dossiers
from cases.dossiers.views.opening import open_dossier
from cases.dossiers.views.words import outcome_words

__all__ = [
    "act",
    "actor",
    "dossier",
    "dossier_context",
    "dossiers",
    "evaluation_tab",
    "journal_tab",
    "names_of",
    "open_dossier",
    "outcome_words",
    "take",
    "visible_dossier",
]
