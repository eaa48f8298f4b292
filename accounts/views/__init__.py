"""Organisations to verify, invitations, people, their quarterly confirmation; the address of one's agenda."""

from accounts.views.calendar import calendar, end_calendar, open_calendar
from accounts.views.invitations import accept, invitations, invite, renew, withdraw
from accounts.views.organisations import organisation
from accounts.views.people import people, person
from accounts.views.recertification import confirm, recertification
from accounts.views.roles import change_role, charge, end, invite_substitute, leave, replace

__all__ = [
    "accept",
    "calendar",
    "change_role",
    "charge",
    "confirm",
    "end",
    "end_calendar",
    "invitations",
    "invite",
    "invite_substitute",
    "leave",
    "open_calendar",
    "organisation",
    "people",
    "person",
    "recertification",
    "renew",
    "replace",
    "withdraw",
]
