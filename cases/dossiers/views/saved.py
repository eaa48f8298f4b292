"""The saved views of the list: codes in the address, those that make sense for the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from accounts.models import User
from cases.dossiers.models import State
from cases.dossiers.operations.acts import INSTRUCT


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: a code in the address, a name, a condition."""

    code: str
    label: str
    condition: Q


def views_of(user: User, today: date) -> list[View]:
    """All of them; then those that make sense for who instructs."""
    everything = View("", "Tous", Q())
    if not user.has_perm(INSTRUCT):
        return [everything]
    due = Q(review_on=None) | Q(review_on__lte=today)
    return [
        everything,
        View("miens", "Mes dossiers", Q(referent=user)),
        View("sans-referent", "Sans référent", Q(referent=None) & ~Q(state=State.CLOS)),
        View("a-revoir", "À revoir", Q(state=State.AJOURNE) & due),
    ]
