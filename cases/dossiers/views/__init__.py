"""How a dossier is shown: the list, its page, its journal, its acts."""

from cases.dossiers.views.acts import act, take
from cases.dossiers.views.comparing import compare
from cases.dossiers.views.detail import dossier, journal_tab
from cases.dossiers.views.documents import check, content, document, documents_tab, download, remove
from cases.dossiers.views.evaluation import (
    evaluation,
    evaluation_agree,
    evaluation_flash,
    evaluation_health,
    evaluation_justice,
    evaluation_step,
    evaluation_unshare,
    evaluation_versions,
    evaluation_withdraw,
)
from cases.dossiers.views.exporting import export
from cases.dossiers.views.frame import actor, dossier_context, names_of, naming, sees_status_alone, visible_dossier
from cases.dossiers.views.keeping import forget_view, keep_view
from cases.dossiers.views.letters import letter, letter_draft, letter_pdf, letters
from cases.dossiers.views.likeness import answer_likeness, dossier_likenesses, likeness, likenesses, unlink
from cases.dossiers.views.listing import dossiers
from cases.dossiers.views.meeting import met_again, new_meeting, saved_meeting
from cases.dossiers.views.notice import easy_notice, notice
from cases.dossiers.views.opening import open_dossier
from cases.dossiers.views.pieces import ask_pieces, join, see_pieces, withdraw_request
from cases.dossiers.views.prescriptions import entry, name, prescriptions
from cases.dossiers.views.readings import readings
from cases.dossiers.views.reminders import finish, put_off, remind
from cases.dossiers.views.requests import renew
from cases.dossiers.views.resuming import resume
from cases.dossiers.views.searching import found, search
from cases.dossiers.views.sharing import access, appoint, end_share, protect, share, unprotect
from cases.dossiers.views.urgency import ask_urgency, examine_urgency, urgencies
from cases.dossiers.views.words import outcome_words

__all__ = [
    "access",
    "act",
    "actor",
    "answer_likeness",
    "appoint",
    "ask_pieces",
    "ask_urgency",
    "check",
    "compare",
    "content",
    "document",
    "documents_tab",
    "dossier",
    "dossier_context",
    "dossier_likenesses",
    "dossiers",
    "download",
    "easy_notice",
    "end_share",
    "entry",
    "evaluation",
    "evaluation_agree",
    "evaluation_flash",
    "evaluation_health",
    "evaluation_justice",
    "evaluation_step",
    "evaluation_unshare",
    "evaluation_versions",
    "evaluation_withdraw",
    "examine_urgency",
    "export",
    "finish",
    "forget_view",
    "found",
    "join",
    "journal_tab",
    "keep_view",
    "letter",
    "letter_draft",
    "letter_pdf",
    "letters",
    "likeness",
    "likenesses",
    "met_again",
    "name",
    "names_of",
    "naming",
    "new_meeting",
    "notice",
    "open_dossier",
    "outcome_words",
    "prescriptions",
    "protect",
    "put_off",
    "readings",
    "remind",
    "remove",
    "renew",
    "resume",
    "saved_meeting",
    "search",
    "see_pieces",
    "sees_status_alone",
    "share",
    "take",
    "unlink",
    "unprotect",
    "urgencies",
    "visible_dossier",
    "withdraw_request",
]
