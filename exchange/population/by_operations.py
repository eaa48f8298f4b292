"""Lives done by the product’s own live operations, in the name of the system: what a person would have entered.

A séance gathers households: those that come before it, its opening, its decisions and its closing are one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from django.db import transaction

from audit.models import Entry
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Adhesion, Dossier, DossierEvent, FactCode, Outcome
from cases.dossiers.operations import NewDossier, NewEvaluation, NewMember, NewResidence, SeenPiece
from cases.housing import operations as housing
from cases.housing.models import LeaseKind, Parc
from cases.housing.operations import NewLease
from cases.support import operations as support
from cases.support.models import MeasureKind
from commission import operations as commission
from commission.models import DECISIONS, ExamenState, Seance
from commission.operations import Decision
from core.gathering import gathering
from core.models import OutboxMessage
from exchange.population import words
from exchange.population.bodies import Bodies
from exchange.population.draw import Setting
from exchange.population.entries import entry_of
from exchange.population.lives import Act, Life, Step
from exchange.population.places import Places

AT_ONCE = 25  # households that meet no commission, in one transaction
Say = Callable[[str], None]


def load_by_operations(
    setting: Setting, lives: Sequence[Life], bodies: Bodies, *, places: Places, say: Say = lambda _: None
) -> None:
    """Do these lives, séance after séance, then those that no commission has seen."""
    ahead = {life.number: Walk(life, bodies) for life in lives}
    first = {walk.life.number: walk.next_seance() for walk in ahead.values()}
    waiting: dict[date, list[Walk]] = defaultdict(list)
    for number, day in first.items():
        if day is not None:
            waiting[day].append(ahead[number])
    for day in (*setting.days.held, setting.days.sitting, *setting.days.planned):
        with _one_go():
            for walk in hold_seance(setting, day, waiting.pop(day, []), bodies, places[day]):
                onward = walk.next_seance()
                if onward is not None:
                    waiting[onward].append(walk)
        say(f"Séance du {day:%d/%m/%Y} : faite.")
    others = [ahead[number] for number, day in first.items() if day is None]
    for start in range(0, len(others), AT_ONCE):
        with _one_go():
            for walk in others[start : start + AT_ONCE]:
                walk.go_on()
    say(f"{len(others)} ménages que la commission n’a pas vus : faits.")


def hold_seance(setting: Setting, day: date, walks: Iterable[Walk], bodies: Bodies, place: str) -> list[Walk]:
    """Prepare the séance as far as its day allows, with these households; those that go on afterwards."""
    coming = sorted(walks, key=lambda walk: walk.life.number)
    for walk in coming:
        walk.go_on()
    seance = prepare_seance(setting, day, place)
    for walk in coming:
        walk.enrol(seance)
    if day in setting.days.planned:
        return []
    begin_seance(seance, bodies)
    decided = [walk for walk in coming if walk.examine()]
    if day != setting.days.sitting:
        commission.close_seance(seance.pk, by=None)
    for walk in decided:
        walk.go_on()
    return decided


def prepare_seance(setting: Setting, day: date, place: str) -> Seance:
    """A séance planned, and convened unless it is far ahead."""
    seance = commission.plan_seance(day, place, by=None)
    return commission.convene(seance.pk, by=None) if day not in setting.days.planned[1:] else seance


def begin_seance(seance: Seance, bodies: Bodies) -> None:
    """Settle its agenda and open it, everybody being there."""
    commission.settle_agenda(seance.pk, by=None)
    commission.open_seance(seance.pk, [bodies.organisations[name] for name in words.PRESENT], by=None)


class Walk:
    """One household on its way through the operations."""

    dossier: UUID
    examen: UUID
    lease: UUID

    def __init__(self, life: Life, bodies: Bodies) -> None:
        self.life, self.bodies, self.at = life, bodies, 0
        self.measures: list[UUID] = []

    def next_seance(self) -> date | None:
        """The next séance that this household meets from where it is."""
        return next((step.on for step in self.life.steps[self.at :] if step.act is Act.SEANCE), None)

    def go_on(self) -> None:
        """Do the steps up to the next séance, or to the end."""
        while self.at < len(self.life.steps) and self.life.steps[self.at].act is not Act.SEANCE:
            step = self.life.steps[self.at]
            DOES[step.act](self, step)
            self.at += 1

    def enrol(self, seance: Seance) -> None:
        """Onto the agenda."""
        self.examen = commission.enrol(self.dossier, seance.pk, by=None).pk

    def examine(self) -> bool:
        """Presented, and decided unless the séance goes on; whether the household goes on its way."""
        step = self.life.steps[self.at]
        commission.present_examen(self.examen, by=None)
        self.at += 1
        state = ExamenState(step.code)
        if state not in DECISIONS:
            return False
        has_motive = state in (ExamenState.AJOURNEE_SEANCE, ExamenState.NON_VALIDEE)
        told = {"motive": step.note} if has_motive else {"note": step.note}
        landlord = self.bodies.named(step.organisation)
        commission.decide(self.examen, Decision(state, review_on=step.until, landlord=landlord, **told), by=None)
        return True


def _open(walk: Walk, step: Step) -> None:
    first, life = walk.life.titulaire, walk.life
    new = NewDossier(
        last_name=first.last_name,
        first_name=first.first_name,
        sex=first.sex,
        birth_date=first.birth_date,
        prescripteur=walk.bodies.named(step.organisation),
        reference=life.reference,
        entry=entry_of(life.number, step.on, is_oriented=bool(step.organisation)),
    )
    walk.dossier = dossiers.open_dossier(new, by=None, on=step.on).pk
    for member in life.members[1:]:
        other = NewMember(member.last_name, member.first_name, member.sex, member.birth_date, member.role)
        dossiers.add_member(walk.dossier, other, by=None)


def _write(walk: Walk, step: Step) -> None:
    told = step.evaluation
    answers = NewEvaluation(
        evaluated_on=step.on,
        household_type=told.household_type,
        children=told.children,
        resource=told.resource,
        resources=told.resources,
        rent_debt=told.rent_debt,
        ethos=told.ethos,
        adhesion=Adhesion.OUI if told.wants else Adhesion.NON,
        unique_number=told.unique_number,
        missing_reason=told.missing_reason,
        renewed_on=told.renewed_on,
        answers=words.answers_of(told),
    )
    dossiers.write_evaluation(walk.dossier, answers, by=None)


def _ready(walk: Walk, step: Step) -> None:
    """The pieces that are asked for are seen that day, and handed back."""
    dossier = Dossier.objects.get(pk=walk.dossier)
    seen = [SeenPiece(*each.key) for each in dossiers.missing_pieces(dossier, today=step.on)]
    if seen:
        dossiers.see_pieces(walk.dossier, seen, by=None, on=step.on)
    dossiers.declare_ready(walk.dossier, by=None, on=step.on)


def _sign(walk: Walk, step: Step) -> None:
    parc = Parc.PRIVE if step.private else Parc.PUBLIC
    new = NewLease(LeaseKind(step.code), parc, walk.bodies.named(step.organisation), step.on)
    walk.lease = housing.sign_lease(walk.dossier, new, by=None).pk


def _open_measure(walk: Walk, step: Step) -> None:
    operator = walk.bodies.named(step.organisation)
    kind = MeasureKind(step.code)
    made = support.open_measure(walk.dossier, kind, operator=operator, started_on=step.on, by=None)
    walk.measures.append(made.pk)


def _protect(walk: Walk, step: Step) -> None:
    people = walk.bodies.referents
    dossiers.protect(walk.dossier, list(people.values()), by=people[step.code])


def _end_measures(walk: Walk, step: Step) -> None:
    for measure in walk.measures:
        support.end_measure(measure, on=step.on, by=None)
    walk.measures.clear()


DOES: dict[Act, Callable[[Walk, Step], object]] = {
    Act.OPEN: _open,
    Act.REFERENT: lambda w, s: dossiers.appoint_referent(w.dossier, w.bodies.referents[s.code], by=None),
    Act.START: lambda w, s: dossiers.start_evaluation(w.dossier, by=None, on=s.on),
    Act.WRITE: _write,
    Act.ASK: lambda w, s: dossiers.ask_for_pieces(w.dossier, by=None, on=s.on, note=s.note),
    Act.RESUME: lambda w, s: dossiers.resume_evaluation(w.dossier, by=None, on=s.on),
    Act.COMPLETE: lambda w, s: dossiers.complete_evaluation(w.dossier, by=None, on=s.on),
    Act.ADJOURN: lambda w, s: dossiers.adjourn(w.dossier, by=None, on=s.on, motive=s.code, review_on=s.until),
    Act.DECLINE: lambda w, s: dossiers.decline(w.dossier, by=None, on=s.on, motive=s.code),
    Act.REEXAMINE: lambda w, s: dossiers.reexamine(w.dossier, by=None, on=s.on, note=s.note),
    Act.RECONSIDER: lambda w, s: dossiers.reconsider(w.dossier, by=None, on=s.on, note=s.note),
    Act.READY: _ready,
    Act.SEARCH: lambda w, s: dossiers.start_search(w.dossier, by=None, on=s.on),
    Act.STOP_SEARCH: lambda w, s: dossiers.stop_search(w.dossier, by=None, on=s.on, note=s.note),
    Act.SIGN: _sign,
    Act.MEASURE: _open_measure,
    Act.ENTER: lambda w, s: housing.enter_dwelling(w.lease, on=s.on, by=None),
    Act.HAND_OVER: lambda w, s: dossiers.hand_over(w.dossier, by=None, on=s.on),
    Act.FACT: lambda w, s: dossiers.note_fact(w.dossier, FactCode(s.code), on=s.on, by=None),
    Act.RESIDENCE: lambda w, s: dossiers.note_residence(
        w.dossier, NewResidence(s.code, started_on=s.since, ended_on=s.until), by=None
    ),
    Act.KEEP: lambda w, s: housing.record_outcome(w.lease, Outcome(s.code), on=s.on, by=None),
    Act.END_LEASE: lambda w, s: housing.record_outcome(w.lease, Outcome(s.code), on=s.on, by=None),
    Act.END_MEASURE: _end_measures,
    Act.REHOUSE: lambda w, s: dossiers.rehouse(w.dossier, by=None, on=s.on, note=s.note),
    Act.CLOSE: lambda w, s: dossiers.close(w.dossier, by=None, on=s.on, outcome=s.code, note=s.note),
    Act.REOPEN: lambda w, s: dossiers.reopen(w.dossier, by=None, on=s.on, motive=s.code, note=s.note),
    Act.PROTECT: _protect,
}


@contextmanager
def _one_go() -> Iterator[None]:
    """One transaction; the journal, the outbox and the dated events, which nothing reads back, are written together."""
    with transaction.atomic(), gathering(Entry, OutboxMessage, DossierEvent):
        yield
