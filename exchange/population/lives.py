"""What a drawn household is: who lives there, and what happened, step by step. Plain values, no model, no database.

Both ways of loading (by operations, by COPY) read the same lives.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cases.dossiers.models import HouseholdType, PersonRole, Resource, Sex, State


class Act(StrEnum):
    """One thing that happens to a household; what `Step` says with it is beside."""

    OPEN = "open"  # organisation: the prescripteur, empty when the SIAO found the household itself
    REFERENT = "referent"  # code: the account of the cast
    START = "start"
    WRITE = "write"  # told
    ASK = "ask"  # note
    RESUME = "resume"
    COMPLETE = "complete"
    ADJOURN = "adjourn"  # code: motive; until: review date
    DECLINE = "decline"  # code: motive
    REEXAMINE = "reexamine"  # note
    RECONSIDER = "reconsider"  # note
    READY = "ready"
    SEANCE = "seance"  # code: decision, or how far it went; until: review date; organisation: landlord; note
    SEARCH = "search"
    STOP_SEARCH = "stop_search"  # note
    SIGN = "sign"  # code: kind; organisation: landlord; private
    MEASURE = "measure"  # code: kind; organisation: operator
    ENTER = "enter"
    HAND_OVER = "hand_over"
    FACT = "fact"  # code
    RESIDENCE = "residence"  # code: ETHOS; since, until: from when to when
    KEEP = "keep"  # code: outcome; the household stays in its home
    END_LEASE = "end_lease"  # code: outcome
    END_MEASURE = "end_measure"
    REHOUSE = "rehouse"  # note
    CLOSE = "close"  # code: outcome; note when something is still open
    REOPEN = "reopen"  # code: motive; note
    PROTECT = "protect"  # code: the account that asks for it; the referents alone see the dossier


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the household; the first one is the titulaire."""

    last_name: str
    first_name: str | None
    sex: Sex
    birth_date: date
    role: PersonRole


@dataclass(frozen=True, slots=True)
class Told:
    """What an evaluation says. Amounts are euros per month; `more` are other answers, by the key of the question."""

    household_type: HouseholdType
    children: int
    resource: Resource
    resources: Decimal
    rent_debt: Decimal
    ethos: str
    wants: bool
    unique_number: str | None
    missing_reason: str | None
    renewed_on: date | None
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One act and its date; the other fields are those that the act asks for."""

    act: Act
    on: date
    code: str = ""
    organisation: str = ""
    note: str = ""
    until: date | None = None
    told: Told | None = None
    private: bool = False
    since: date | None = None

    @property
    def evaluation(self) -> Told:
        """What a WRITE says."""
        if self.told is None:
            raise ValueError(f"{self.act} says no evaluation")
        return self.told


@dataclass(frozen=True, slots=True)
class Life:
    """One household and its situation. `case` is what an edge case shows, empty for a drawn one."""

    number: int
    reference: str
    members: tuple[Member, ...]
    steps: tuple[Step, ...]
    case: str = ""

    @property
    def titulaire(self) -> Member:
        return self.members[0]

    @property
    def state(self) -> State:
        """Where the steps lead."""
        return state_after(self.steps)

    @property
    def evaluation(self) -> Told | None:
        """The last evaluation written."""
        return next((step.told for step in reversed(self.steps) if step.told is not None), None)

    def first(self, act: Act) -> Step | None:
        """The first step of this act."""
        return next((step for step in self.steps if step.act is act), None)


LEADS_TO: dict[Act, State] = {
    Act.START: State.EN_EVALUATION,
    Act.ASK: State.A_COMPLETER,
    Act.RESUME: State.EN_EVALUATION,
    Act.COMPLETE: State.EVALUE,
    Act.ADJOURN: State.AJOURNE,
    Act.DECLINE: State.NON_RETENU,
    Act.REEXAMINE: State.EN_EVALUATION,
    Act.RECONSIDER: State.EN_EVALUATION,
    Act.READY: State.PRET,
    Act.SEARCH: State.EN_RECHERCHE,
    Act.STOP_SEARCH: State.VALIDE,
    Act.ENTER: State.LOGE,
    Act.HAND_OVER: State.EN_SUIVI,
    Act.REHOUSE: State.EN_RECHERCHE,
    Act.CLOSE: State.CLOS,
    Act.REOPEN: State.EN_EVALUATION,
}
ENROLLED, PRESENTED = "INSCRITE", "PRESENTEE"  # how far a passage went, when nothing is decided
DECIDED: dict[str, State] = {
    ENROLLED: State.PRET,
    PRESENTED: State.EN_COMMISSION,
    "VALIDEE": State.VALIDE,
    "VALIDEE_SOUS_RESERVE": State.VALIDE,
    "AJOURNEE_SEANCE": State.AJOURNE,
    "NON_VALIDEE": State.NON_RETENU,
}


def state_after(steps: tuple[Step, ...] | list[Step]) -> State:
    """The state that follows from the last step that moves the dossier."""
    for step in reversed(steps):
        if step.act is Act.OPEN:
            return State.PRESCRIT if step.organisation else State.REPERE
        if step.act is Act.SEANCE:
            return DECIDED[step.code]
        if step.act in LEADS_TO:
            return LEADS_TO[step.act]
    return State.REPERE
