"""The rows of a life, as the live operations leave them: the same facts, journal, keys and grants, without their queries.

A test loads the same lives both ways and compares every table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from audit.models import Entry
from cases.dossiers.models import (
    Adhesion,
    Dossier,
    DossierEvent,
    DossierGroupGrant,
    Evaluation,
    EventKind,
    Hold,
    HoldCode,
    Household,
    HousingRequest,
    Participant,
    Person,
    ResidentialSituation,
    Source,
    State,
)
from cases.housing.models import Lease, LeaseState, Parc
from cases.housing.operations.leases import ENDS_IN
from cases.support.models import Measure, MeasureState
from commission.models import DECISIONS, VALIDATED, Examen, ExamenState, Snapshot
from commission.operations import age_on
from core.models import OutboxMessage
from exchange.population.bodies import Bodies
from exchange.population.lives import ENROLLED, Act, Life, Member, Step, Told
from exchange.population.sheets import Sheet
from vault import keys
from vault.keys import Pair
from vault.models import KeyClass
from vault.rows import sealed_fields

ACT = Source.ACT.value
VALIDATION = {
    ExamenState.AJOURNEE_SEANCE.value: "adjourn_in_session",
    ExamenState.NON_VALIDEE.value: "refuse_in_session",
} | dict.fromkeys((state.value for state in VALIDATED), "admit")


class Clock:
    """Moments of this load, each a microsecond after the one before, so that what happened keeps its order."""

    __slots__ = ("count", "second", "text")

    def __init__(self) -> None:
        self.second = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
        self.text, self.count = f"{self.second:%Y-%m-%dT%H:%M:%S}", 0

    def tick(self) -> str:
        """The next moment, in ISO form with microseconds."""
        self.count += 1
        if self.count == 1_000_000:
            self.second += timedelta(seconds=1)
            self.text, self.count = f"{self.second:%Y-%m-%dT%H:%M:%S}", 0
        return f"{self.text}.{self.count:06d}+00:00"


@dataclass(slots=True)
class Open:
    """A lease or a measure under way, and the hold and grants that it placed."""

    id: UUID
    code: str
    body: UUID | None
    team: int | None
    began_on: date
    created: str
    private: bool = False
    state: str = ""
    entered_on: date | None = None
    ended_on: date | None = None
    outcome: str | None = None
    held: str = ""
    released: str | None = None
    granted: str = ""
    revoked: str | None = None


@dataclass(slots=True)
class Draft:
    """One dossier being told."""

    life: Life
    household: UUID
    titulaire: UUID
    id: UUID = field(default_factory=uuid4)
    id_text: str = ""
    created: str = ""
    state: str = State.REPERE.value
    state_on: date | None = None
    referent: UUID | None = None
    prescripteur: UUID | None = None
    oriented_on: date | None = None
    review_on: date | None = None
    decided_on: date | None = None
    landlord: UUID | None = None
    closed_on: date | None = None
    told: Told | None = None
    version: int = 0
    evaluation: UUID | None = None
    evaluated_on: date | None = None
    written: str = ""
    frozen: str | None = None
    leases: list[Open] = field(default_factory=list)
    measures: list[Open] = field(default_factory=list)


class Scribe:
    """Writes the rows of lives on sheets; `copy()` sends them all."""

    def __init__(self, bodies: Bodies, seances: Mapping[date, UUID], permission: int) -> None:
        self.bodies, self.seances, self.permission = bodies, seances, permission
        self.siao_team = bodies.siao.team.pk
        self.clock = Clock()
        self.households = Sheet(Household, "id", "created_at")
        self.dossiers = Sheet(
            Dossier,
            *("id", "reference", "household_id", "predecessor_id", "state", "state_on", "source", "referent_id"),
            *("prescripteur_id", "oriented_on", "review_on", "decided_on", "positioned_landlord_id"),
            *("current_landlord_id", "rent_debt_creditor_id", "closed_on", "created_at"),
        )
        self.grants = Sheet(
            DossierGroupGrant,
            *("id", "permission_id", "group_id", "dossier_id", "valid_from", "valid_until", "reason", "granted_by_id"),
        )
        self.people = Sheet(Person, "id", "subject_id", "last_name", "first_name", "birth_date", "sex", "created_at")
        self.participants = Sheet(Participant, "id", "dossier_id", "person_id", "role")
        self.requests = Sheet(
            HousingRequest,
            *("id", "subject_id", "dossier_id", "person_id", "number", "missing_reason", "renewed_on", "recorded_at"),
        )
        self.evaluations = Sheet(
            Evaluation,
            *("id", "subject_id", "dossier_id", "version", "evaluated_on", "frozen_at", "household_type", "children"),
            *("resource", "resources", "rent_debt", "ethos", "adhesion", "source", "recorded_at", "recorded_by_id"),
        )
        self.residences = Sheet(
            ResidentialSituation,
            *("id", "subject_id", "dossier_id", "person_id", "ethos", "started_on", "ended_on", "seen_on", "source"),
            "recorded_at",
        )
        self.events = Sheet(
            DossierEvent,
            *("id", "subject_id", "dossier_id", "kind", "on", "detail", "motive", "note", "source", "recorded_at"),
            *("recorded_by_id", "corrects_id"),
        )
        self.holds = Sheet(Hold, "id", "dossier_id", "code", "holder_id", "placed_at", "released_at")
        self.leases = Sheet(
            Lease,
            *("id", "subject_id", "dossier_id", "kind", "parc", "landlord_id", "state", "signed_on", "entered_on"),
            *("ended_on", "outcome", "source", "created_at"),
        )
        self.measures = Sheet(
            Measure,
            *("id", "dossier_id", "kind", "operator_id", "state", "started_on", "ended_on", "source", "created_at"),
        )
        self.examens = Sheet(
            Examen,
            *("id", "dossier_id", "seance_id", "rank", "state", "decided_on", "positioned_landlord_id", "notified_at"),
            *("source", "created_at"),
        )
        self.snapshots = Sheet(
            Snapshot,
            *("id", "subject_id", "examen_id", "dossier_id", "version", "age", "household_type", "resource"),
            *("resources", "ethos", "taken_at"),
        )
        self.entries = Sheet(
            Entry, "id", "recorded_at", "kind", "event", "target_id", "dossier_id", "actor_id", "codes", "leaf"
        )
        self.messages = Sheet(
            OutboxMessage, "id", "task", "payload", "created_at", "due_at", "attempts", "last_error", "done_at"
        )

    def write(self, lives: list[Life]) -> int:
        """The rows of these lives, their keys made together first; how many persons."""
        drafts = [Draft(life, uuid4(), uuid4()) for life in lives]
        others = [[uuid4() for _ in life.members[1:]] for life in lives]
        keys.ensure(self._pairs(drafts, others))
        for draft, ids in zip(drafts, others, strict=True):
            self._tell(draft, ids)
        return sum(len(life.members) for life in lives)

    def copy(self) -> None:
        """Send every sheet, in the caller's transaction."""
        for sheet in vars(self).values():
            if isinstance(sheet, Sheet):
                sheet.copy()

    @staticmethod
    def _pairs(drafts: list[Draft], others: list[list[UUID]]) -> list[Pair]:
        pairs: list[Pair] = []
        for draft, ids in zip(drafts, others, strict=True):
            pairs += [(draft.household, KeyClass.SOCIAL), (draft.titulaire, KeyClass.IDENTITY)]
            if draft.life.first(Act.WRITE) is not None:
                pairs.append((draft.titulaire, KeyClass.SOCIAL))
            pairs += [(pk, KeyClass.IDENTITY) for pk in ids]
        return pairs

    def _tell(self, draft: Draft, others: list[UUID]) -> None:
        draft.id_text = str(draft.id)
        for step in draft.life.steps:
            if step.act is Act.OPEN:
                self._open(draft, step, others)
            else:
                TELLS[step.act](self, draft, step)
        self._finish(draft)

    # -- what every act leaves ---------------------------------------------------------------------------------------

    def event(
        self, draft: Draft, kind: str, on: date | None, *, detail: str | None = None, motive: str = "", note: str = ""
    ) -> None:
        """A dated fact, sealed for the household."""
        pk, subject = uuid4(), draft.household
        self.events.add(
            pk,
            subject,
            draft.id,
            kind,
            on,
            None if detail is None else _DETAIL.seal(detail, subject, pk),
            _MOTIVE.seal(motive, subject, pk) if motive else None,
            _NOTE.seal(note, subject, pk) if note else None,
            ACT,
            self.clock.tick(),
            None,
            None,
        )

    def entry(self, draft: Draft, event: str, target: str = "", codes: str = "{}") -> None:
        """An entry of the journal with its leaf (`audit.journal.canonical`, written at once)."""
        pk, at, dossier = str(uuid4()), self.clock.tick(), draft.id_text
        target = target or dossier
        leaf = (
            f'{{"actor":null,"codes":{codes},"dossier":"{dossier}","event":"{event}","id":"{pk}",'
            f'"kind":"ACT","recorded_at":"{at}","target":"{target}"}}'
        )
        digest = hashlib.sha256(b"\x00" + leaf.encode()).digest()
        self.entries.add(pk, at, "ACT", event, target, dossier, None, codes, digest)

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
                self._grant(draft, team, draft.created, None, "opening")
        self._person(draft, draft.titulaire, draft.life.titulaire)
        self.event(draft, EventKind.STATE.value, step.on, detail=State.REPERE.value)
        self.entry(draft, "dossier.opened")
        if body is not None:
            draft.oriented_on = step.on
            self.move(draft, "prescribe", State.PRESCRIT.value, step.on, kind=EventKind.ORIENTATION.value)
        for pk, member in zip(others, draft.life.members[1:], strict=True):
            self._person(draft, pk, member)
            self.entry(draft, "dossier.member_added", str(pk), f'{{"role":"{member.role.value}"}}')

    def _person(self, draft: Draft, pk: UUID, member: Member) -> None:
        self.people.add(
            pk,
            pk,
            _LAST.seal(member.last_name, pk, pk),
            None if member.first_name is None else _FIRST.seal(member.first_name, pk, pk),
            _BORN.seal(member.birth_date, pk, pk),
            _SEX.seal(member.sex.value, pk, pk),
            self.clock.tick(),
        )
        self.participants.add(uuid4(), draft.id, pk, member.role.value)

    def _grant(self, draft: Draft, team: int, since: str, until: str | None, reason: str) -> None:
        self.grants.add(uuid4(), self.permission, team, draft.id, since, until, reason, None)

    def _referent(self, draft: Draft, step: Step) -> None:
        draft.referent = self.bodies.referents[step.code].pk
        self.entry(draft, "dossier.referent_appointed")

    def _write(self, draft: Draft, step: Step) -> None:
        told = step.told
        assert told is not None  # noqa: S101  WRITE says it
        self._keep_evaluation(draft)
        draft.told, draft.version, draft.evaluation = told, draft.version + 1, uuid4()
        draft.evaluated_on, draft.written, draft.frozen = step.on, self.clock.tick(), None
        self._residence(draft, told.ethos, seen_on=step.on)
        self.entry(draft, "evaluation.written", str(draft.evaluation), f'{{"version":{draft.version}}}')

    def _keep_evaluation(self, draft: Draft) -> None:
        """The version written so far, if any, as it stands."""
        told, pk, subject = draft.told, draft.evaluation, draft.household
        if told is None or pk is None:
            return
        self.evaluations.add(
            pk,
            subject,
            draft.id,
            draft.version,
            draft.evaluated_on,
            draft.frozen,
            _TYPE.seal(told.household_type.value, subject, pk),
            _CHILDREN.seal(str(told.children), subject, pk),
            _RESOURCE.seal(told.resource.value, subject, pk),
            _RESOURCES.seal(told.resources, subject, pk),
            _DEBT.seal(told.rent_debt, subject, pk),
            _ETHOS.seal(told.ethos, subject, pk),
            _ADHESION.seal((Adhesion.OUI if told.wants else Adhesion.NON).value, subject, pk),
            ACT,
            draft.written,
            None,
        )

    def _residence(
        self,
        draft: Draft,
        ethos: str,
        *,
        since: date | None = None,
        until: date | None = None,
        seen_on: date | None = None,
    ) -> UUID:
        pk, person = uuid4(), draft.titulaire
        sealed = _LIVED.seal(ethos, person, pk)
        self.residences.add(pk, person, draft.id, person, sealed, since, until, seen_on, ACT, self.clock.tick())
        return pk

    def _lived(self, draft: Draft, step: Step) -> None:
        pk = self._residence(draft, step.code, since=step.since, until=step.until)
        self.entry(draft, "residence.noted", str(pk))

    def _complete(self, draft: Draft, step: Step) -> None:
        draft.frozen = self.clock.tick()
        kind = EventKind.EVALUATION.value
        draft.state, draft.state_on = State.EVALUE.value, step.on
        self.event(draft, kind, draft.evaluated_on)
        self.entry(draft, "dossier.complete_evaluation", codes='{"state":"EVALUE"}')

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
        self.entry(draft, "examen.enrolled", text)
        landlord = self.bodies.named(step.organisation)
        if step.code != ENROLLED:
            self.move(draft, "present", State.EN_COMMISSION.value, step.on, kind=EventKind.PRESENTATION.value)
            self._snapshot(draft, pk, step.on)
            self.entry(draft, "examen.presented", text)
        decided = step.code in DECISIONS
        if decided:
            self._decide(draft, step, landlord.pk if landlord else None)
            self.entry(draft, "examen.decided", text, f'{{"state":"{step.code}"}}')
        self.examens.add(
            pk,
            draft.id,
            self.seances[step.on],
            None,
            step.code,
            step.on if decided else None,
            landlord.pk if landlord and decided else None,
            None,
            ACT,
            created,
        )

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

    def _snapshot(self, draft: Draft, examen: UUID, held_on: date) -> None:
        told, pk, subject = draft.told, uuid4(), draft.household
        assert told is not None  # noqa: S101  one is evaluated before
        self.snapshots.add(
            pk,
            subject,
            examen,
            draft.id,
            1,
            _S_AGE.seal(Decimal(age_on(draft.life.titulaire.birth_date, held_on)), subject, pk),
            _S_TYPE.seal(told.household_type.value, subject, pk),
            _S_RESOURCE.seal(told.resource.value, subject, pk),
            _S_RESOURCES.seal(told.resources, subject, pk),
            _S_ETHOS.seal(told.ethos, subject, pk),
            self.clock.tick(),
        )

    def _sign(self, draft: Draft, step: Step) -> None:
        body = self.bodies.named(step.organisation)
        lease = Open(uuid4(), step.code, body.pk if body else None, None, step.on, self.clock.tick(), step.private)
        lease.state = LeaseState.SIGNE.value
        draft.leases.append(lease)
        self._hold(draft, lease, HoldCode.LEASE)
        self.event(draft, EventKind.LEASE.value, step.on, detail=step.code)
        self.entry(draft, "lease.signed", str(lease.id), f'{{"kind":"{step.code}"}}')

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
        kind = EventKind.OUTCOME.value
        self.move(draft, "close", State.CLOS.value, step.on, kind=kind, detail=step.code, note=step.note)

    def _reopen(self, draft: Draft, step: Step) -> None:
        draft.closed_on = None
        self.move(draft, "reopen", State.EN_EVALUATION.value, step.on, note=step.note)

    def _fact(self, draft: Draft, step: Step) -> None:
        self.event(draft, EventKind.FACT.value, step.on, detail=step.code)
        self.entry(draft, "fact.noted")

    def _reexamine(self, draft: Draft, step: Step) -> None:
        draft.review_on = None
        self.move(draft, "reexamine", State.EN_EVALUATION.value, step.on, note=step.note)

    # -- the rows that change along the way, as they end -------------------------------------------------------------

    def _finish(self, draft: Draft) -> None:
        self._keep_evaluation(draft)
        self._keep_request(draft)
        self.dossiers.add(
            draft.id,
            draft.life.reference,
            draft.household,
            None,
            draft.state,
            draft.state_on,
            ACT,
            draft.referent,
            draft.prescripteur,
            draft.oriented_on,
            draft.review_on,
            draft.decided_on,
            draft.landlord,
            None,
            None,
            draft.closed_on,
            draft.created,
        )
        for lease in draft.leases:
            self._keep_lease(draft, lease)
        for measure in draft.measures:
            self._keep_measure(draft, measure)
        payload, at = f'{{"dossier": "{draft.id_text}"}}', draft.created
        self.messages.add(uuid4(), "dossier.changed", payload, at, at, 0, "", None)

    def _keep_request(self, draft: Draft) -> None:
        told, pk, person = draft.told, uuid4(), draft.titulaire
        number, reason = (told.unique_number, told.missing_reason) if told else (None, None)
        self.requests.add(
            pk,
            person,
            draft.id,
            person,
            None if number is None else _NUMBER.seal(number, person, pk),
            None if reason is None else _REASON.seal(reason, person, pk),
            told.renewed_on if told else None,
            draft.created,
        )

    def _keep_lease(self, draft: Draft, lease: Open) -> None:
        subject = draft.household
        self.leases.add(
            lease.id,
            subject,
            draft.id,
            lease.code,
            (Parc.PRIVE if lease.private else Parc.PUBLIC).value,
            lease.body,
            lease.state,
            lease.began_on,
            lease.entered_on,
            lease.ended_on,
            None if lease.outcome is None else _OUTCOME.seal(lease.outcome, subject, lease.id),
            ACT,
            lease.created,
        )
        self.holds.add(uuid4(), draft.id, HoldCode.LEASE.value, lease.id, lease.held, lease.released)

    def _keep_measure(self, draft: Draft, m: Open) -> None:
        self.measures.add(m.id, draft.id, m.code, m.body, m.state, m.began_on, m.ended_on, ACT, m.created)
        self.holds.add(uuid4(), draft.id, HoldCode.MEASURE.value, m.id, m.held, m.released)
        if m.team is not None:
            self._grant(draft, m.team, m.granted, m.revoked, "measure")


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
    Act.READY: _moves("declare_ready", State.PRET),
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
}

_ENDS = {outcome.value: state.value for outcome, state in ENDS_IN.items()}
_person, _event, _evaluation = sealed_fields(Person), sealed_fields(DossierEvent), sealed_fields(Evaluation)
_request, _snapshot = sealed_fields(HousingRequest), sealed_fields(Snapshot)
_LAST, _FIRST, _BORN, _SEX = (_person[name] for name in ("last_name", "first_name", "birth_date", "sex"))
_DETAIL, _MOTIVE, _NOTE = (_event[name] for name in ("detail", "motive", "note"))
_TYPE, _CHILDREN, _RESOURCE = (_evaluation[name] for name in ("household_type", "children", "resource"))
_RESOURCES, _DEBT, _ETHOS, _ADHESION = (_evaluation[name] for name in ("resources", "rent_debt", "ethos", "adhesion"))
_NUMBER, _REASON = _request["number"], _request["missing_reason"]
_LIVED = sealed_fields(ResidentialSituation)["ethos"]
_OUTCOME = sealed_fields(Lease)["outcome"]
_S_AGE, _S_TYPE, _S_RESOURCE = (_snapshot[name] for name in ("age", "household_type", "resource"))
_S_RESOURCES, _S_ETHOS = _snapshot["resources"], _snapshot["ethos"]
