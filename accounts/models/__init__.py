"""Who works with Seuil, where, in which role, since when; and what is kept for everybody (lists, texts)."""

from accounts.models.calendar import CalendarAddress
from accounts.models.invitation import Invitation
from accounts.models.organisation import Organisation, OrganisationAlias, OrganisationKind
from accounts.models.reference import Letter, LetterVersion, ListChange, ListName, TextHint
from accounts.models.session import Session, SharedCount, SignOfLife
from accounts.models.user import Confirmation, Membership, User

__all__ = [
    "CalendarAddress",
    "Confirmation",
    "Invitation",
    "Letter",
    "LetterVersion",
    "ListChange",
    "ListName",
    "Membership",
    "Organisation",
    "OrganisationAlias",
    "OrganisationKind",
    "Session",
    "SharedCount",
    "SignOfLife",
    "TextHint",
    "User",
]
