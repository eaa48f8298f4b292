"""A life told as the live operations tell it: the same rows, journal, keys and grants, without their queries.

A test loads the same lives both ways and compares every table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from cases.dossiers.models import (
    EventKind,
    GrantReason,
    HoldCode,
    PersonRole,
    PieceKind,
    PieceStep,
    State,
    Whose,
)
from cases.dossiers.operations.missing import HOLDERS
from cases.dossiers.operations.moves import BEGINS
from cases.housing.models import LeaseState
from cases.housing.operations.leases import ENDS_IN
from cases.support.models import MeasureState
from commission.models import DECISIONS, VALIDATED, ExamenState
from exchange.population.bodies import Bodies
from exchange.population.book import ACT, Book
from exchange.population.drafts import Draft, Open
from exchange.population.entries import entry_of
from exchange.population.lives import ENROLLED, Act, Life, Step
from exchange.population.members import give_to_positioned, tell_members
from vault import keys
from vault.keys import Pair
from vault.models import KeyClass

VALIDATION = {
    ExamenState.AJOURNEE_SEANCE.value: "adjourn_in_session",
    ExamenState.NON_VALIDEE.value: "refuse_in_session",
} | dict.fromkeys((state.value for state in VALIDATED), "admit")


@dataclass(frozen=True, slots=True)
class Rights:
    """Ids of the two permissions that grants give, and the teams called to each séance."""

    view_dossier: int
    view_examen: int
    called: Mapping[UUID, Collection[int]]


class Scribe(Book):
    """Tells lives, act after act."""

    def __init__(self, bodies: Bodies, seances: Mapping[date, UUID], rights: Rights) -> None:
        super().__init__(rights.view_dossier, rights.view_examen)
        self.bodies, self.seances, self.called = bodies, seances, rights.called
        self.siao_team = bodies.siao.team.pk
        self.kinds = list(PieceKind.objects.filter(step=PieceStep.READY, is_active=True))

    def write(self, lives: list[Life]) -> int:
        """The rows of these lives, their keys made together first; how many persons."""
        drafts = [Draft(life, uuid4(), uuid4()) for life in lives]
        others = [[uuid4() for _ in life.members[1:]] for life in lives]
        keys.ensure(self._pairs(drafts, others))
        for draft, ids in zip(drafts, others, strict=True):
            self._tell(draft, ids)
        return sum(len(life.members) for life in lives)

    @staticmethod
    def _pairs(drafts: list[Draft], others: list[list[UUID]]) -> list[Pair]:
        pairs: list[Pair] = []
        for draft, ids in zip(drafts, others, strict=True):
            pairs += [(draft.household, KeyClass.SOCIAL), (draft.titulaire, KeyClass.IDENTITY)]
            if draft.life.first(Act.WRITE) is not None:
                pairs.append((draft.titulaire, KeyClass.SOCIAL))
            pairs += [(pk, KeyClass.IDENTITY) for pk in ids]
            if draft.life.first(Act.READY) is not None:  # a piece of hers may be seen
                pairs += [
                    (pk, KeyClass.SOCIAL)
                    for pk, member in zip(ids, draft.life.members[1:], strict=True)
                    if member.role == PersonRole.CONJOINT
                ]
        return pairs

    def _tell(self, draft: Draft, others: list[UUID]) -> None:
        draft.id_text = str(draft.id)
        for step in draft.life.steps:
            if step.act is Act.OPEN:
                self._open(draft, step, others)
            else:
                TELLS[step.act](self, draft, step)
        self.finish(draft)

    # -- what every act leaves ---------------------------------------------------------------------------------------

    def move(
        self,
        draft: Draft,
        name: str,
        state: str,
        on: date,
        *,
        kind: str = EventKind.STATE.value,
        detail: str | None = None,
        motive: str = "",
        note: str = "",
    ) -> None:
        """The dossier changes state: its event, its entry."""
        draft.state, draft.state_on = state, on
        if name in BEGINS:
            draft.began = f"{on.isoformat()}T00:00:00+00:00"
        if kind == EventKind.STATE.value:
            detail = state
        self.event(draft, kind, on, detail=detail, motive=motive, note=note)
        self.entry(draft, f"dossier.{name}", codes=f'{{"state":"{state}"}}')

    # -- the acts ----------------------------------------------------------------------------------------------------

    def _open(self, draft: Draft, step: Step, others: list[UUID]) -> None:
        draft.created, draft.state_on = self.clock.tick(), step.on
        self.households.add(draft.household, draft.created)
        body = self.bodies.named(step.organisation)
        draft.prescripteur = body.pk if body else None
        for team in (self.siao_team, body.team.pk if body else None):
            if team is not None:
                self.grant(draft, team, draft.created, None, "opening")
        self.person(draft, draft.titulaire, draft.life.titulaire)
        self.event(draft, EventKind.STATE.value, step.on, detail=State.REPERE.value)
        entry = entry_of(draft.life.number, step.on, is_oriented=body is not None)
        self.entry(draft, "dossier.opened", codes=f'{{"channel":"{entry.channel.value}"}}')
        self.prescription(draft, entry, step.on, body.pk if body else self.bodies.siao.pk)
        if body is not None:
            draft.oriented_on = step.on
            self.move(draft, "prescribe", State.PRESCRIT.value, step.on, kind=EventKind.ORIENTATION.value)
        draft.members.append((draft.titulaire, draft.life.titulaire.role.value))
        for pk, member in zip(others, draft.life.members[1:], strict=True):
            draft.members.append((pk, member.role.value))
            self.person(draft, pk, member)
            self.entry(draft, "dossier.member_added", str(pk), f'{{"role":"{member.role.value}"}}')

    def _referent(self, draft: Draft, step: Step) -> None:
        draft.referent = self.bodies.referents[step.code].pk
        self.entry(draft, "dossier.referent_appointed")

    def _write(self, draft: Draft, step: Step) -> None:
        self.keep_evaluation(draft)
        draft.told, draft.version, draft.evaluation = step.evaluation, draft.version + 1, uuid4()
        draft.evaluated_on, draft.written, draft.frozen = step.on, self.clock.tick(), None
        self.residence(draft, draft.told.ethos, seen_on=step.on)
        self.entry(draft, "evaluation.written", str(draft.evaluation), f'{{"version":{draft.version}}}')

    def _lived(self, draft: Draft, step: Step) -> None:
        pk = self.residence(draft, step.code, since=step.since, until=step.until)
        self.entry(draft, "residence.noted", str(pk))

    def _complete(self, draft: Draft, step: Step) -> None:
        draft.frozen = self.clock.tick()
        kind = EventKind.EVALUATION.value
        draft.state, draft.state_on = State.EVALUE.value, step.on
        self.event(draft, kind, draft.evaluated_on)
        self.entry(draft, "dossier.complete_evaluation", codes='{"state":"EVALUE"}')

    def _ready(self, draft: Draft, step: Step) -> None:
        if draft.asked is None:
            draft.asked = [(kind, person) for kind in self.kinds for person in _holders(kind, draft)]
            for kind, person in draft.asked:
                self.seen(draft, kind, person, step.on)
            if draft.asked:
                self.entry(draft, "document.seen", codes=f'{{"count":{len(draft.asked)}}}')
        self.move(draft, "declare_ready", State.PRET.value, step.on)

    def _adjourn(self, draft: Draft, step: Step) -> None:
        draft.review_on = step.until
        self.move(draft, "adjourn", State.AJOURNE.value, step.on, kind=EventKind.INSTRUCTION.value, motive=step.code)

    def _decline(self, draft: Draft, step: Step) -> None:
        name = "decline_after_adjournment" if draft.state == State.AJOURNE.value else "decline"
        draft.review_on = None
        self.move(draft, name, State.NON_RETENU.value, step.on, kind=EventKind.INSTRUCTION.value, motive=step.code)

    def _seance(self, draft: Draft, step: Step) -> None:
        pk, created = uuid4(), self.clock.tick()
        text = str(pk)
        held, released = self.clock.tick(), None
        self.entry(draft, "dossier.held", text, f'{{"code":"{HoldCode.COMMISSION.value}"}}')
        self.entry(draft, "examen.enrolled", text)
        seance = self.seances[step.on]
        version = tell_members(self, draft, pk, seance, step.on, teams=self.called.get(seance, ()))
        landlord = self.bodies.named(step.organisation)
        if step.code != ENROLLED:
            self.move(draft, "present", State.EN_COMMISSION.value, step.on, kind=EventKind.PRESENTATION.value)
            self.snapshot(draft, pk, step.on)
            draft.presented += 1
            self.entry(draft, "examen.presented", text)
        decided = step.code in DECISIONS
        if decided:
            self._decide(draft, step, landlord.pk if landlord else None)
            if landlord:
                give_to_positioned(self, pk, step.on, landlord.team_id)
            released = self.clock.tick()
            self.entry(draft, "dossier.released", text, f'{{"code":"{HoldCode.COMMISSION.value}"}}')
            self.entry(draft, "examen.decided", text, f'{{"state":"{step.code}"}}')
        self.examens.add(
            pk,
            draft.id,
            seance,
            None,
            step.code,
            step.on if decided else None,
            landlord.pk if landlord and decided else None,
            None,
            ACT,
            created,
            None if step.code == ENROLLED else version,
        )
        self.holds.add(uuid4(), draft.id, HoldCode.COMMISSION.value, pk, held, released)

    def _decide(self, draft: Draft, step: Step, landlord: UUID | None) -> None:
        name, draft.decided_on = VALIDATION[step.code], step.on
        kind, is_kept = EventKind.DECISION.value, name == "admit"
        if is_kept:
            draft.landlord = landlord or draft.landlord
            self.move(draft, name, State.VALIDE.value, step.on, kind=kind, detail=step.code, note=step.note)
            return
        state = State.NON_RETENU.value
        if name == "adjourn_in_session":
            state, draft.review_on = State.AJOURNE.value, step.until
        self.move(draft, name, state, step.on, kind=kind, detail=step.code, motive=step.note)

    def _sign(self, draft: Draft, step: Step) -> None:
        body = self.bodies.named(step.organisation)
        lease = Open(uuid4(), step.code, body.pk if body else None, None, step.on, self.clock.tick(), step.private)
        lease.state = LeaseState.SIGNE.value
        draft.leases.append(lease)
        self._hold(draft, lease, HoldCode.LEASE)
        self.event(draft, EventKind.LEASE.value, step.on, detail=step.code)
        self._follow_positioned(draft)
        self.entry(draft, "lease.signed", str(lease.id), f'{{"kind":"{step.code}"}}')

    def _follow_positioned(self, draft: Draft) -> None:
        """The landlord that volunteered reads the fiche no more."""
        if draft.landlord is not None:
            self.message(draft, "fiche.follow")

    def _hold(self, draft: Draft, what: Open, code: HoldCode) -> None:
        what.held = self.clock.tick()
        self.entry(draft, "dossier.held", str(what.id), f'{{"code":"{code.value}"}}')

    def _release(self, draft: Draft, what: Open, code: HoldCode) -> None:
        what.released = self.clock.tick()
        self.entry(draft, "dossier.released", str(what.id), f'{{"code":"{code.value}"}}')

    def _enter(self, draft: Draft, step: Step) -> None:
        lease = draft.leases[-1]
        lease.state, lease.entered_on = LeaseState.EN_COURS.value, step.on
        self.entry(draft, "lease.entered", str(lease.id))
        self.move(draft, "house", State.LOGE.value, step.on)

    def _outcome(self, draft: Draft, step: Step) -> None:
        lease = draft.leases[-1]
        lease.outcome = step.code
        if step.act is Act.END_LEASE:
            lease.state, lease.ended_on = _ENDS.get(step.code, LeaseState.TERMINE.value), step.on
            self._release(draft, lease, HoldCode.LEASE)
        self.event(draft, EventKind.OUTCOME.value, step.on, detail=step.code)
        self.entry(draft, "outcome.recorded")

    def _measure(self, draft: Draft, step: Step) -> None:
        body = self.bodies.named(step.organisation)
        team = body.team.pk if body else None
        measure = Open(uuid4(), step.code, body.pk if body else None, team, step.on, self.clock.tick())
        measure.state, measure.granted = MeasureState.ACTIVE.value, self.clock.tick()
        draft.measures.append(measure)
        self._hold(draft, measure, HoldCode.MEASURE)
        self.entry(draft, "measure.opened", str(measure.id), f'{{"kind":"{step.code}"}}')

    def _end_measures(self, draft: Draft, step: Step) -> None:
        for measure in draft.measures:
            if measure.released is None:
                measure.state, measure.ended_on = MeasureState.TERMINEE.value, step.on
                self._release(draft, measure, HoldCode.MEASURE)
                measure.revoked = self.clock.tick()
                self.entry(draft, "measure.ended", str(measure.id))

    def _rehouse(self, draft: Draft, step: Step) -> None:
        name = "rehouse_from_follow_up" if draft.state == State.EN_SUIVI.value else "rehouse"
        self.move(draft, name, State.EN_RECHERCHE.value, step.on, note=step.note)

    def _close(self, draft: Draft, step: Step) -> None:
        draft.closed_on, draft.review_on = step.on, None
        self._follow_positioned(draft)
        kind = EventKind.OUTCOME.value
        self.move(draft, "close", State.CLOS.value, step.on, kind=kind, detail=step.code, note=step.note)

    def _reopen(self, draft: Draft, step: Step) -> None:
        draft.closed_on = None
        self.move(draft, "reopen", State.EN_EVALUATION.value, step.on, motive=step.code, note=step.note)

    def _fact(self, draft: Draft, step: Step) -> None:
        self.event(draft, EventKind.FACT.value, step.on, detail=step.code)
        self.entry(draft, "fact.noted")

    def _protect(self, draft: Draft, step: Step) -> None:
        people, by = [user.pk for user in self.bodies.referents.values()], self.bodies.referents[step.code].pk
        for person in people:
            self.grant_to(draft, person, GrantReason.PROTECTION.value, by)
        draft.is_protected = True
        self.entry(draft, "dossier.protected", codes=f'{{"people":{len(people)}}}', actor=by)
        self.message(draft, "fiche.follow")

    def _reexamine(self, draft: Draft, step: Step) -> None:
        draft.review_on = None
        self.move(draft, "reexamine", State.EN_EVALUATION.value, step.on, note=step.note)


def _holders(kind: PieceKind, draft: Draft) -> list[UUID | None]:
    """Whose piece of this kind is asked for, as `missing_pieces` says; nobody's for a household of another type."""
    if kind.household_types and (draft.told is None or draft.told.household_type.value not in kind.household_types):
        return []
    if kind.whose == Whose.HOUSEHOLD:
        return [None]
    roles = HOLDERS[Whose(kind.whose)]
    return [pk for role in roles for pk, held in draft.members if PersonRole(held) == role]


def _moves(name: str, state: State) -> Callable[[Scribe, Draft, Step], None]:
    """An act that does nothing else than move the dossier."""
    return lambda scribe, draft, step: scribe.move(draft, name, state.value, step.on, note=step.note)


TELLS: dict[Act, Callable[[Scribe, Draft, Step], None]] = {
    Act.REFERENT: Scribe._referent,
    Act.START: _moves("start_evaluation", State.EN_EVALUATION),
    Act.WRITE: Scribe._write,
    Act.ASK: _moves("ask_for_pieces", State.A_COMPLETER),
    Act.RESUME: _moves("resume_evaluation", State.EN_EVALUATION),
    Act.COMPLETE: Scribe._complete,
    Act.ADJOURN: Scribe._adjourn,
    Act.DECLINE: Scribe._decline,
    Act.REEXAMINE: Scribe._reexamine,
    Act.RECONSIDER: _moves("reconsider", State.EN_EVALUATION),
    Act.READY: Scribe._ready,
    Act.SEANCE: Scribe._seance,
    Act.SEARCH: _moves("start_search", State.EN_RECHERCHE),
    Act.STOP_SEARCH: _moves("stop_search", State.VALIDE),
    Act.SIGN: Scribe._sign,
    Act.MEASURE: Scribe._measure,
    Act.ENTER: Scribe._enter,
    Act.HAND_OVER: _moves("hand_over", State.EN_SUIVI),
    Act.FACT: Scribe._fact,
    Act.RESIDENCE: Scribe._lived,
    Act.KEEP: Scribe._outcome,
    Act.END_LEASE: Scribe._outcome,
    Act.END_MEASURE: Scribe._end_measures,
    Act.REHOUSE: Scribe._rehouse,
    Act.CLOSE: Scribe._close,
    Act.REOPEN: Scribe._reopen,
    Act.PROTECT: Scribe._protect,
}

_ENDS = {outcome.value: state.value for outcome, state in ENDS_IN.items()}
