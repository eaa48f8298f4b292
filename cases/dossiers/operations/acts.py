"""What is possible now on a dossier, and what is missing for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from accounts.models import User
from cases.dossiers.models import Dossier, HoldCode, MotiveLevel, State
from cases.dossiers.operations.conditions import Condition, Known, conditions_of, known
from core.workflow import next_moves

VIEW, IDENTITY, RESOURCES = "dossiers.view_dossier", "dossiers.see_identity", "dossiers.see_resources"
OPEN, INSTRUCT, CLOSE = "dossiers.open_dossier", "dossiers.instruct_dossier", "dossiers.close_dossier"
PRESENT = "dossiers.present_dossier"  # in séance, by who runs it
BY_ITS_LEASE = "L’entrée dans le logement s’inscrit avec le bail, onglet « Logement »."
IN_SESSION = "La présentation se fait en séance. Inscrivez le dossier à l’une d’elles, onglet « Commission »."
ON_AGENDA = "Le dossier est à l’ordre du jour d’une séance, onglet « Commission » : la présentation s’y fera."


@dataclass(frozen=True, slots=True)
class Act:
    """An act that a person does on the dossier's page; `asks` names what its form must bring."""

    permission: str
    icon: str
    asks: tuple[str, ...] = ()
    motives: tuple[MotiveLevel, ...] = ()
    leads: bool = False  # the way forward, shown first
    elsewhere: str = ""  # where it is done, when not here


ACTS: dict[str, Act] = {
    "prescribe": Act(OPEN, "envelope-paper", leads=True),
    "start_evaluation": Act(INSTRUCT, "pencil-square", leads=True),
    "complete_evaluation": Act(INSTRUCT, "clipboard-check", leads=True),
    "ask_for_pieces": Act(INSTRUCT, "puzzle", asks=("note",)),
    "resume_evaluation": Act(INSTRUCT, "pencil-square", leads=True),
    "declare_ready": Act(INSTRUCT, "flag", leads=True),
    "adjourn": Act(INSTRUCT, "pause-circle", ("motive", "review_on", "note"), (MotiveLevel.AJOURNE,)),
    "decline": Act(INSTRUCT, "slash-circle", ("motive", "note"), (MotiveLevel.NON_PRESENTE, MotiveLevel.NON_RETENU)),
    "decline_after_adjournment": Act(
        INSTRUCT, "slash-circle", ("motive", "note"), (MotiveLevel.NON_PRESENTE, MotiveLevel.NON_RETENU)
    ),
    "reexamine": Act(INSTRUCT, "pencil-square", ("note",), leads=True),
    "reconsider": Act(INSTRUCT, "pencil-square", ("note",), leads=True),
    "present": Act(
        INSTRUCT,
        "people",
        leads=True,
        elsewhere=IN_SESSION,
    ),
    "admit": Act(INSTRUCT, "check-circle", leads=True, elsewhere="La décision se prend en séance."),
    "start_search": Act(INSTRUCT, "search", leads=True),
    "stop_search": Act(INSTRUCT, "arrow-left", ("note",)),
    "house": Act(INSTRUCT, "key", leads=True, elsewhere=BY_ITS_LEASE),
    "hand_over": Act(INSTRUCT, "house-heart", leads=True),
    "rehouse": Act(INSTRUCT, "search", ("note",)),
    "rehouse_from_follow_up": Act(INSTRUCT, "search", ("note",)),
    "close": Act(CLOSE, "archive", ("outcome", "note")),
    "reopen": Act(CLOSE, "pencil-square", ("motive", "note"), (MotiveLevel.REPRISE,), leads=True),
}


@dataclass(frozen=True, slots=True)
class Possible:
    """An act open from the present state, with its conditions."""

    name: str
    label: str
    act: Act
    conditions: list[Condition]

    @property
    def missing(self) -> list[Condition]:
        return [condition for condition in self.conditions if not condition.is_met]

    @property
    def first(self) -> str:
        """What to do before this act, when no reason passes over it."""
        return next((condition.first for condition in self.missing if condition.first), "")

    @property
    def is_ready(self) -> bool:
        return not self.missing and not self.act.elsewhere


def possible_acts(dossier: Dossier, *, user: User, today: date, about: Known | None = None) -> list[Possible]:
    """The acts that leave the present state and that the user's role allows; the way forward first.

    `about` is what the conditions look at, when the caller has read it already.
    """
    about = about or known(dossier, pieces_on=today if dossier.state == State.EVALUE else None)
    found = [
        Possible(move.name, move.label, _act(move.name, about), conditions_of(move.name, about, today=today))
        for move in next_moves(dossier)
        if move.name in ACTS and user.has_perm(ACTS[move.name].permission)
    ]
    return sorted(found, key=lambda possible: not possible.act.leads)


def _act(name: str, about: Known) -> Act:
    """The act of this name; who is on an agenda is not told to be put on one."""
    is_enrolled = name == "present" and about.holds_a(HoldCode.COMMISSION)
    return replace(ACTS[name], elsewhere=ON_AGENDA) if is_enrolled else ACTS[name]
