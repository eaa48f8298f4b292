"""What a row of the register would do: create a dossier, change some of its columns, or leave it as it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from cases.dossiers.models import State
from commission.models import VALIDATED, ExamenState
from core.names import fold
from exchange.operations.known import DECLINED, PENDING, PRESENTED, Known, as_columns
from exchange.operations.refusals import Refusal, why_not_change, why_not_create
from exchange.reading.rows import SituationRow

SITUATION_COLUMNS: dict[str, str] = {
    "last_name": "Nom",
    "first_name": "Prénom",
    "sex": "Sexe",
    "birth_date": "Né(e) le",
    "household_type": "Composition familiale",
    "children": "Nombre d’enfants",
    "prescripteur": "Prescripteur",
    "oriented_on": "Orienté le",
    "ethos": "Situation de logement",
    "resource": "Nature des ressources",
    "resources": "Ressources par mois",
    "rent_debt": "Dettes locatives",
    "unique_number": "Numéro unique",
    "evaluated_on": "Évaluation",
    "suite": "Suite",
    "motive": "Motif",
    "motive_text": "Motif, précision",
    "seance_on": "Commission du",
    "decision": "Décision",
    "landlord": "Bailleur",
    "lease_signed_on": "Bail signé le",
    "lease_kind": "Type de bail",
    "parc": "Parc",
    "measure": "Accompagnement",
    "outcome": "Suivi",
    "outcome_motive": "Suivi, motif",
    "outcome_on": "Date de suivi",
    "event": "Évènement",
    "event_on": "Date d’évènement",
}
NAMES = frozenset({"last_name", "first_name", "ethos", "motive_text"})
OPENING = frozenset({"suite", "seance_on", "decision", "lease_kind", "measure"})
"""Columns whose change puts a situation on its way again: not a closed one, which a person reopens."""
BODIES = frozenset({"prescripteur", "landlord"})
PEOPLE = ("last_name", "first_name")


class Outcome(StrEnum):
    """What becomes of a row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class RowPlan:
    """One row, what is known of it, and the difference column by column (before, after).

    `after` are all the columns as they will be: an empty cell leaves what was known. `adopted` are names whose first
    mixed-case form replaces one in capitals: kept, and no change. `target` is the state to walk to, when the new facts
    imply another. A row to create has the ids of its household and titulaire already.
    """

    row: SituationRow
    outcome: Outcome
    after: dict[str, Any]
    known: Known | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    adopted: dict[str, str] = field(default_factory=dict)
    target: State | None = None
    refusal: Refusal | None = None
    household_id: UUID = field(default_factory=uuid4)
    person_id: UUID = field(default_factory=uuid4)


def plan_row(row: SituationRow, known: Known | None, *, today: date) -> RowPlan:
    """Compare one row with what is known. Nothing is written."""
    told = columns_of(row)
    if known is None:
        first = implied_state(told, today=today)
        return RowPlan(row, Outcome.CREATED, told, target=first, refusal=why_not_create(told))
    before = as_columns(known, event=told["event"])
    if _is_motive_unsaid(told) and before["motive"]:
        told["motive"] = None
    changes = {
        name: (before[name], value)
        for name, value in told.items()
        if value is not None and not _is_known(name, known, before[name], value)
    }
    after = {name: value if value is not None else before[name] for name, value in told.items()}
    if "seance_on" in changes:
        after["decision"] = told["decision"]  # of another passage: the former decision is not its own
    adopted = {name: told[name] for name in PEOPLE if name not in changes and _is_first_mixed(before[name], told[name])}
    if not changes:
        return RowPlan(row, Outcome.UNCHANGED, after, known, adopted=adopted)
    was, now = implied_state(before, today=today), implied_state(after, today=today)
    target = now if _moves(known, changes, after, was, now) else None
    opens = known.dossier.state == State.CLOS and OPENING & changes.keys()
    refusal = why_not_change(known, changes, after, now if opens else target, today=today)
    return RowPlan(row, Outcome.CHANGED, after, known, changes, adopted, target, refusal)


def columns_of(row: SituationRow) -> dict[str, Any]:
    """The row's values by column; « non présentée », « non retenue » and « ajournée » are one suite.

    A motive that begins with « ajournée » says so alone.
    """
    told = {name: getattr(row, name) for name in SITUATION_COLUMNS}
    pending = DECLINED if (row.motive or "").startswith("AJOURNE") else None
    told["suite"] = {PRESENTED: PRESENTED, PENDING: pending}.get(row.suite, DECLINED)
    if row.suite == "AJOURNEE" and row.motive is None:
        told["motive"] = "AJOURNE_AUTRE"
    return told


def _is_motive_unsaid(told: dict[str, Any]) -> bool:
    """The motive is the one that stands for an empty cell."""
    return told["motive"] == "SANS_MOTIF" or (told["motive"] == "AJOURNE_AUTRE" and told["motive_text"] is None)


def implied_state(told: dict[str, Any], *, today: date) -> State:
    """The state that the facts of a situation imply (domaine § 2.1). The motive wins over the suite."""
    if told["suite"] == DECLINED:
        return State.AJOURNE if (told["motive"] or "").startswith("AJOURNE") else State.NON_RETENU
    if told["suite"] != PRESENTED:
        return State.EVALUE if told["evaluated_on"] else State.PRESCRIT
    decision = told["decision"]
    if decision in VALIDATED:
        if told["outcome"]:
            return State.EN_SUIVI
        return State.LOGE if told["lease_kind"] else State.VALIDE
    if decision is None:
        return State.PRET if told["seance_on"] and told["seance_on"] > today else State.EN_COMMISSION
    return {
        ExamenState.AJOURNEE_SEANCE: State.AJOURNE,
        ExamenState.NON_VALIDEE: State.NON_RETENU,
        ExamenState.RETIREE: State.PRET,
    }[ExamenState(decision)]


def state_date(told: dict[str, Any], state: State) -> date | None:
    """Since when the situation is in the state that its facts imply."""
    column = {
        State.EN_SUIVI: "outcome_on",
        State.LOGE: "lease_signed_on",
        State.NON_RETENU: "evaluated_on",
        State.AJOURNE: "evaluated_on",
        State.EN_EVALUATION: "evaluated_on",
        State.EVALUE: "evaluated_on",
        State.PRESCRIT: "oriented_on",
    }.get(state, "seance_on")
    found: date | None = told["seance_on"] if told["decision"] and column == "evaluated_on" else told[column]
    return found


def _moves(known: Known, changes: Collection[str], after: dict[str, Any], was: State, now: State) -> bool:
    """New facts imply another state; or the same one again, decided at another séance."""
    decided_again = "seance_on" in changes and after["decision"] and now in (State.AJOURNE, State.NON_RETENU)
    return bool(decided_again) or (now != was and known.dossier.state != now)


def _is_known(name: str, known: Known, before: Any, after: Any) -> bool:
    """What the cell says is what we know: a name in other letters, an organisation by another of its names."""
    if name in BODIES:
        return fold(after) in known.names_of(name)
    if name == "measure":
        return any(measure.kind == after for measure in known.measures)
    if name in NAMES:
        return fold(before or "") == fold(after)
    if isinstance(after, Decimal):
        return before is not None and Decimal(before) == after
    return bool(before == after)


def _is_first_mixed(before: str | None, after: str | None) -> bool:
    """`after` is in mixed case, `before` was not: it is the form that one keeps."""
    return bool(before and after and before != after and _is_mixed(after) and not _is_mixed(before))


def _is_mixed(name: str) -> bool:
    return name != name.upper() and name != name.lower()
