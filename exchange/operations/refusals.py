"""Why a row that can be read cannot be written: said before anything is, on the column that is wrong."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.dossiers.models import Dossier, EventKind, Outcome, State
from cases.dossiers.operations.past import NOT_BY_IMPORT
from cases.housing import operations as housing
from commission.models import ExamenState
from commission.operations import why_not_decide, why_not_examine
from core.workflow import path
from exchange.operations.known import PRESENTED, Known

OUTCOME = frozenset({"outcome", "outcome_motive", "outcome_on"})
AFTER_SIGNATURE = "une date de suivi qui ne vient pas avant la signature du bail"
BEFORE_OUTCOME = "une date de signature qui ne vient pas après le suivi"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The column that is refused, by its meaning, and why (see `BadCell.expected`)."""

    column: str
    expected: str


def why_not_create(told: dict[str, Any]) -> Refusal | None:
    """Why a situation that is not known cannot be written; `None` when it can."""
    if told["lease_kind"] and housing.is_before(told["outcome_on"], told["lease_signed_on"]):
        return Refusal("outcome_on", AFTER_SIGNATURE)
    return None


def why_not_change(
    known: Known, changes: Collection[str], after: dict[str, Any], target: State | None, *, today: date
) -> Refusal | None:
    """Why a known situation cannot become what the row says; `None` when it can."""
    return (
        _no_way(known.dossier, target)
        or _decided_otherwise(known, changes, after)
        or _on_another_agenda(known, changes, after, today)
        or _not_this_lease(known, changes, after)
        or _not_this_outcome(known, changes, after)
    )


def _no_way(dossier: Dossier, target: State | None) -> Refusal | None:
    """No declared move leads to the state that the row implies."""
    if target is None or path(Dossier, dossier.state, target.value, avoiding=NOT_BY_IMPORT) is not None:
        return None
    return Refusal(
        "reference",
        f"Le dossier est « {State(dossier.state).label} » dans Seuil ; la ligne le dit « {target.label} », et aucun "
        "passage n’y mène. Corrigez la ligne, ou faites l’acte dans le dossier.",
    )


def _decided_otherwise(known: Known, changes: Collection[str], after: dict[str, Any]) -> Refusal | None:
    """A decision differs from the one that the commission took."""
    passage = known.passage_of(after["seance_on"])
    if "decision" not in changes or passage is None or passage.state == after["decision"]:
        return None
    sentence = why_not_decide(passage, ExamenState(after["decision"]))
    return Refusal("decision", sentence) if sentence else None


def _on_another_agenda(known: Known, changes: Collection[str], after: dict[str, Any], today: date) -> Refusal | None:
    """An act put the situation on the agenda of another séance than the one to come that the row tells."""
    held_on = after["seance_on"]
    if "seance_on" not in changes or after["suite"] != PRESENTED or known.passage_of(held_on) is not None:
        return None
    is_to_come = after["decision"] is None and held_on > today
    sentence = why_not_examine(known.examens, held_on=held_on, is_active=is_to_come)
    return Refusal("seance_on", sentence) if sentence else None


def _not_this_lease(known: Known, changes: Collection[str], after: dict[str, Any]) -> Refusal | None:
    """The signature comes after the entry, or after what became of the lease."""
    if "lease_signed_on" not in changes or after["lease_kind"] is None:
        return None
    last, signed_on = known.lease, after["lease_signed_on"]
    is_another = housing.is_another_lease(last, signed_on)
    if last is not None and not is_another and (sentence := housing.why_not_signed_on(last, signed_on)):
        return Refusal("lease_signed_on", sentence)
    follows = last is None or not is_another or OUTCOME & set(changes)
    if follows and housing.is_before(after["outcome_on"], signed_on):
        return (
            Refusal("outcome_on", AFTER_SIGNATURE)
            if OUTCOME & set(changes)
            else Refusal("lease_signed_on", BEFORE_OUTCOME)
        )
    return None


def _not_this_outcome(known: Known, changes: Collection[str], after: dict[str, Any]) -> Refusal | None:
    """What became of the last lease contradicts what is known of it."""
    if not after["outcome"] or not OUTCOME & set(changes):
        return None
    if (
        after["lease_kind"]
        and "lease_signed_on" in changes
        and housing.is_another_lease(known.lease, after["lease_signed_on"])
    ):
        return None  # it is of the new one
    outcome, on = Outcome(after["outcome"]), after["outcome_on"]
    sentence = housing.why_not_outcome(known.lease, outcome, on=on, former=known.last_import(EventKind.OUTCOME))
    if not sentence:
        return None
    is_dated = housing.is_before(on, known.lease.signed_on if known.lease else None)
    return Refusal("outcome_on", AFTER_SIGNATURE) if is_dated else Refusal("outcome", sentence)
