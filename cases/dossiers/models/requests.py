"""The life of a social-housing request: how long it is valid, when it is struck off, until when it revives.

The only place of these rules (CCH R.441-2-7 and -8; arrêté of 23 March 2015, annex). Pure: no database, no clock.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from cases.dossiers.models.choices import State

VALID_FOR, STRUCK_AFTER, REVIVED_UNTIL = 12, 13, 18  # months since it was made or renewed
NOTICE, WARNING = 60, 30  # days before its last one
# arrêté of 7 November 2000, art. 1: department, month and year of the first request, sequence, service
UNIQUE_NUMBER = re.compile(r"[0-9][0-9AB][0-9AB](0[1-9]|1[0-2])\d{2}\d{6}[0-9A-Z]{5}", re.ASCII)
UNUSUAL = "Ce numéro unique n’a pas la forme habituelle de 18 caractères : à vérifier."
TO_COME = "Ce numéro unique porte une date de demande à venir : à vérifier."
# where the household still needs its request: before a lease, and neither refused nor closed
NEEDED = tuple(state for state in State if state not in (State.NON_RETENU, State.LOGE, State.EN_SUIVI, State.CLOS))


class Validity(StrEnum):
    """Where a request stands, on a given day."""

    UNKNOWN = "unknown"
    VALID = "valid"
    NEAR = "near"  # its last days: sixty, then thirty
    EXPIRED = "expired"  # renewed as usual still
    STRUCK = "struck"  # taken off the list, revived on demand
    LOST = "lost"  # to be made anew


@dataclass(frozen=True, slots=True)
class Term:
    """The three limits of a request, each the last day of something; made of the day it was made or renewed."""

    renewed_on: date

    @property
    def valid_until(self) -> date:
        """Its last valid day."""
        return months_after(self.renewed_on, VALID_FOR)

    @property
    def renewable_until(self) -> date:
        """The last day before it is struck off."""
        return months_after(self.renewed_on, STRUCK_AFTER)

    @property
    def revivable_until(self) -> date:
        """The last day when a request that was struck off revives with its seniority."""
        return months_after(self.renewed_on, REVIVED_UNTIL)

    def days_left(self, today: date) -> int:
        """Days until its last valid one; negative afterwards."""
        return (self.valid_until - today).days

    def is_valid(self, today: date) -> bool:
        return today <= self.valid_until

    def validity(self, today: date) -> Validity:
        """Where it stands that day."""
        if self.is_valid(today):
            return Validity.NEAR if self.days_left(today) <= NOTICE else Validity.VALID
        if today <= self.renewable_until:
            return Validity.EXPIRED
        return Validity.STRUCK if today <= self.revivable_until else Validity.LOST


def term_of(renewed_on: date | None) -> Term | None:
    """The limits of a request; None when nobody knows when it was renewed: what is not known gives no alert."""
    return None if renewed_on is None else Term(renewed_on)


def validity_of(renewed_on: date | None, today: date) -> Validity:
    """Where a request stands that day."""
    term = term_of(renewed_on)
    return Validity.UNKNOWN if term is None else term.validity(today)


def months_after(day: date, months: int) -> date:
    """The same day so many months away (negative: before); the last one of a shorter month (CPC art. 641)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_renewal(limit: date, months: int) -> date:
    """The latest day from which so many months are over by `limit`, that day included: for a query by dates."""
    after = limit + timedelta(days=1)
    return months_after(after, -months) - timedelta(days=1) if after.day == 1 else months_after(limit, -months)


def tidy_number(written: str) -> str:
    """A unique number in capitals, without spaces."""
    return "".join(written.upper().split())


def number_doubt(number: str | None, today: date) -> str:
    """What is unusual in a unique number, in one sentence; nothing when nothing is. A doubt never blocks."""
    if not number:
        return ""
    tidied = tidy_number(number)
    if UNIQUE_NUMBER.fullmatch(tidied) is None:
        return UNUSUAL
    asked = (2000 + int(tidied[5:7]), int(tidied[3:5]))
    return TO_COME if asked > (today.year, today.month) else ""
