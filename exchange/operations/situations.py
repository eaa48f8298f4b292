"""Writing one row of the register: each app states its own facts, in the order of a path."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from accounts.models import Organisation, OrganisationKind, User
from accounts.operations import recognise_organisation
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier, EventKind, Outcome, Source, State
from cases.dossiers.operations import NewFact, PastSituation
from cases.housing import operations as housing
from cases.housing.models import Lease, LeaseKind, Parc
from cases.support import operations as support
from cases.support.models import MeasureKind
from commission import operations as commission
from commission.models import ExamenState, Seance
from core.names import fold
from exchange.operations.known import PRESENTED, Known
from exchange.operations.plan import RowPlan, columns_of, implied_state, state_date
from exchange.operations.refusals import OUTCOME

TOLD_AS_IT_IS = (
    *("last_name", "first_name", "sex", "birth_date", "household_type", "children", "oriented_on", "ethos"),
    *("resource", "resources", "rent_debt", "unique_number", "evaluated_on", "motive", "motive_text"),
)
SNAPSHOT = {"birth_date", "household_type", "resource", "resources", "ethos"}
LEASE = {"lease_signed_on", "lease_kind", "parc"}
EVENT = {"event", "event_on"}


@dataclass(slots=True)
class Desk:
    """Who imports, for which team, and the organisations met so far."""

    by: User | None
    referent: User | None
    team: Organisation
    today: date
    met: dict[str, Organisation] = field(default_factory=dict)
    days: dict[date, Seance] = field(default_factory=dict)
    seances: dict[UUID, Seance] = field(default_factory=dict)
    seances_created: int = 0
    seances_held: int = 0  # announced before, and of which this register tells that they were held

    def organisation(self, name: str | None, kind: OrganisationKind) -> Organisation | None:
        """The organisation that bears a name, created « à vérifier » when nobody does."""
        if not name:
            return None
        key = fold(name)
        if key not in self.met or self.met[key].kind == OrganisationKind.AUTRE:
            self.met[key] = recognise_organisation(name, kind, by=self.by)
        return self.met[key]

    def seance(self, held_on: date) -> Seance:
        """The séance of a day; one that no list told is created, its place unknown."""
        if held_on not in self.days:
            found = commission.seance_of(held_on)
            if found is None:
                found = commission.record_past_seance(held_on, "", [], by=self.by)
                self.seances_created += 1
            elif commission.has_to_take_place(found, self.today):
                self.seances_held += 1
            self.days[held_on] = self.shared(found)
        return self.days[held_on]

    def shared(self, seance: Seance) -> Seance:
        """The one object that stands for a séance: a row that walks it walks it for the next ones too."""
        return self.seances.setdefault(seance.pk, seance)

    def forget(self, *, seances_created: int) -> None:
        """Something was taken back: what it met may not exist any more, and is looked up again."""
        self.met.clear()
        self.days.clear()
        self.seances.clear()
        self.seances_created = seances_created


def create(plan: RowPlan, desk: Desk) -> Dossier:
    """A dossier, in the state that its facts imply, with all of them."""
    told = columns_of(plan.row)
    facts = replace(_past(plan.row.reference, told, desk), household_id=plan.household_id, person_id=plan.person_id)
    dossier = dossiers.record_past_situation(facts, team=desk.team, referent=desk.referent, by=desk.by)
    seen = commission.Seen(facts.birth_date, facts.household_type, facts.resource, facts.resources, facts.ethos)
    _examine(dossier, told, desk, seen=seen)
    if told["lease_kind"]:
        housing.record_past_lease(dossier, _past_lease(told, desk), by=desk.by, ending=_ending(told))
    if told["measure"]:
        support.record_past_measure(dossier, MeasureKind(told["measure"]), by=desk.by)
    _follow(dossier, told, desk, changed=EVENT if told["lease_kind"] else EVENT | OUTCOME)
    return dossier


def change(plan: RowPlan, known: Known, desk: Desk) -> Dossier:
    """Bring a dossier to what its row now says, column by column, then walk to the state that follows."""
    dossier, told, changed = known.dossier, plan.after, set(plan.changes)
    is_new_passage = known.passage_of(told["seance_on"]) is None
    facts = _past(dossier.reference, told, desk)
    dossiers.correct_past_situation(dossier.pk, facts, changed=changed | set(plan.adopted), by=desk.by)
    if changed & {"suite", "seance_on", "decision"}:
        _reexamine(known, told, desk)
    if changed & SNAPSHOT and not is_new_passage:
        commission.retake_snapshot(dossier, by=desk.by)
    if changed & LEASE or (changed & {"landlord"} and known.lease):
        _relet(known, told, desk, changed)
    if "measure" in changed:
        support.record_past_measure(dossier, MeasureKind(told["measure"]), by=desk.by)
    _follow(dossier, told, desk, known=known, changed=changed)
    if plan.target is not None:
        _walk(dossier, plan.target, told, desk, decided=bool(changed & {"suite", "seance_on", "decision"}))
    return dossier


def _walk(dossier: Dossier, target: State, told: dict[str, Any], desk: Desk, *, decided: bool) -> None:
    """To the state that the facts imply, each step on its own date; a decision is taken in commission."""
    since = {state: state_date(told, state) for state in State} | {target: state_date(told, target)}
    if decided and told["suite"] == PRESENTED and told["decision"]:
        since[State.EN_COMMISSION] = told["seance_on"]
        if dossiers.can_walk(dossier, State.EN_COMMISSION):
            dossiers.walk_to(dossier.pk, State.EN_COMMISSION, since=since, by=desk.by)
    dossiers.walk_to(dossier.pk, target, since=since, by=desk.by)


def adopt(plan: RowPlan, known: Known, desk: Desk) -> None:
    """Keep the mixed-case form of a name that was in capitals: no change, and said as such."""
    facts = _past(known.dossier.reference, plan.after, desk)
    dossiers.correct_past_situation(known.dossier.pk, facts, changed=plan.adopted, by=desk.by)


def _past(reference: str, told: dict[str, Any], desk: Desk) -> PastSituation:
    state = implied_state(told, today=desk.today)
    seen = told["suite"] == PRESENTED and told["decision"] != ExamenState.RETIREE and told["seance_on"] <= desk.today
    return PastSituation(
        reference=reference,
        state=state,
        state_on=state_date(told, state),
        prescripteur=desk.organisation(told["prescripteur"], OrganisationKind.PRESCRIPTEUR),
        presented_on=told["seance_on"] if seen else None,
        decided_on=told["seance_on"] if seen and told["decision"] else None,
        landlord=desk.organisation(told["landlord"], OrganisationKind.BAILLEUR),
        **{name: told[name] for name in TOLD_AS_IT_IS},
    )


def _past_examen(told: dict[str, Any], desk: Desk) -> commission.PastExamen:
    held_on = told["seance_on"]
    undecided = ExamenState.INSCRITE if held_on > desk.today else ExamenState.PRESENTEE
    state = ExamenState(told["decision"]) if told["decision"] else undecided
    landlord = desk.organisation(told["landlord"], OrganisationKind.BAILLEUR)
    return commission.PastExamen(desk.seance(held_on), state, landlord)


def _examine(dossier: Dossier, told: dict[str, Any], desk: Desk, *, seen: commission.Seen | None = None) -> None:
    if told["suite"] == PRESENTED and told["seance_on"]:
        commission.record_past_examen(dossier, replace(_past_examen(told, desk), seen=seen), by=desk.by)


def _reexamine(known: Known, told: dict[str, Any], desk: Desk) -> None:
    """A new date is another passage; a decision on a known date decides that passage."""
    passage = known.passage_of(told["seance_on"])
    if passage is None:
        _examine(known.dossier, told, desk)
    elif told["decision"] and passage.state != told["decision"]:
        passage.seance = desk.shared(passage.seance)
        commission.decide_past_examen(passage, ExamenState(told["decision"]), by=desk.by)


def _ending(told: dict[str, Any], *, is_known: bool = False) -> housing.Ending | None:
    """What is told of a new lease besides."""
    if not told["outcome"]:
        return None
    return housing.Ending(Outcome(told["outcome"]), told["outcome_on"], told["outcome_motive"], is_known)


def _past_lease(told: dict[str, Any], desk: Desk) -> housing.PastLease:
    return housing.PastLease(
        kind=LeaseKind(told["lease_kind"]),
        parc=Parc(told["parc"]) if told["parc"] else None,
        signed_on=told["lease_signed_on"],
        landlord=desk.organisation(told["landlord"], OrganisationKind.BAILLEUR),
    )


def _relet(known: Known, told: dict[str, Any], desk: Desk, changed: Collection[str]) -> None:
    """A first lease, of which the outcome may be known already; a correction of the last one, or another after it."""
    last: Lease | None = known.lease
    if told["lease_kind"] is None:
        return
    if last is not None and not housing.is_another_lease(last, told["lease_signed_on"]):
        housing.correct_past_lease(last, _past_lease(told, desk), by=desk.by)
        return
    ending = _ending(told, is_known=True) if last is None and not OUTCOME & set(changed) else None
    housing.record_past_lease(known.dossier, _past_lease(told, desk), by=desk.by, ending=ending)


def _follow(
    dossier: Dossier, told: dict[str, Any], desk: Desk, *, changed: Collection[str], known: Known | None = None
) -> None:
    """The outcome, and the fact beside it, of the columns that changed."""
    if told["outcome"] and OUTCOME & set(changed):
        on, motive = told["outcome_on"], told["outcome_motive"]
        housing.record_past_outcome(dossier, Outcome(told["outcome"]), on=on, motive=motive, by=desk.by)
    if told["event"] and EVENT & set(changed):
        former = known.fact(told["event"]) if known else None
        fact = NewFact(EventKind.FACT, told["event_on"], detail=told["event"])
        alike = former if former is not None and former.detail == told["event"] else None
        dossiers.state_fact(dossier, fact, by=desk.by, source=Source.IMPORT, corrects=alike)
