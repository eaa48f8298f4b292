"""The acts: from the right state, by the right person, with what they ask; and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_fsm import TransitionNotAllowed

from accounts.grants import grant, revoke
from accounts.models import Organisation, User
from accounts.operations import join
from accounts.operations import siao as the_siao
from accounts.roles import Code
from audit import journal
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import (
    OF_THE_LEASE_ALONE,
    Dossier,
    DossierEvent,
    Evaluation,
    EventKind,
    Hold,
    HoldCode,
    Motive,
    MotiveLevel,
    Outcome,
    Source,
    State,
)
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from core.workflow import moves
from tests.dossiers.acts import CASES, DAY, LATER, NOTE, SOURCES, Case, prepared
from tests.factories import make_dossier
from tests.fixtures import Cast, at_once, execute, refusal

pytestmark = pytest.mark.django_db
MOST_STATEMENTS = 13  # ready: pieces, agreements and the request are asked too
OBSERVED = ("state", "state_on", "review_on", "decided_on", "closed_on", "oriented_on")
FROZEN = "Cette évaluation est figée : une correction en fait une nouvelle version."
THE = {case.name: case for case in CASES}


@pytest.fixture
def siao(siao: User) -> User:
    """The referent, who also runs the séances: half a post does both."""
    join(siao, the_siao(), Code.ANIMATEUR, by=None)
    return siao


def facts_of(dossier: Dossier) -> tuple[Any, ...]:
    """All that an act may change of a dossier, to see that a refused one changed nothing."""
    return (
        Dossier.objects.values_list(*OBSERVED).get(pk=dossier.pk),
        DossierEvent.objects.filter(dossier=dossier).count(),
        Entry.objects.filter(dossier_id=dossier.pk).count(),
        OutboxMessage.objects.count(),
        Evaluation.objects.filter(dossier=dossier, frozen_at=None).count(),
    )


@contextmanager
def nothing_changes(dossier: Dossier) -> Iterator[None]:
    """What is inside changes nothing that an act may change; what it prepared is undone."""
    before = facts_of(dossier)
    with transaction.atomic():
        yield
        assert facts_of(dossier) == before
        transaction.set_rollback(True)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_act(case: Case, siao: User, cast: Cast) -> None:
    dossier = prepared(case.source, referent=siao, act=case.name)
    if THE[case.name] is case:  # an act that starts from several states is refused in one way
        the_role_is_asked(case, dossier, cast["sante"])
        a_hidden_dossier_does_not_exist(case, dossier, siao)
        a_work_that_cannot_be_written_undoes_the_act(case, dossier, siao)
        done_by_the_system(case, dossier)
    done(case, dossier, siao)


def the_role_is_asked(case: Case, dossier: Dossier, stranger: User) -> None:
    """Who sees the dossier and may not do this."""
    with nothing_changes(dossier):
        grant(dossier, to=stranger, reason="test", by=None)
        with acting_as(stranger), pytest.raises(NotAllowed, match="Votre rôle"):
            case.do(dossier, stranger)


def a_hidden_dossier_does_not_exist(case: Case, dossier: Dossier, user: User) -> None:
    """Who may do this, elsewhere: the same answer as for a dossier that was never made."""
    with nothing_changes(dossier):
        revoke(dossier, of=the_siao().team)
        with acting_as(user), pytest.raises(Dossier.DoesNotExist):
            case.do(dossier, user)
        with acting_as(user), pytest.raises(Dossier.DoesNotExist):
            getattr(operations, case.name)(uuid4(), by=user, on=DAY, **case.asks)


def a_work_that_cannot_be_written_undoes_the_act(case: Case, dossier: Dossier, user: User) -> None:
    """The outbox is the last thing written: without it, nothing of the act stays."""
    with nothing_changes(dossier):
        execute("REVOKE INSERT ON core_outboxmessage FROM seuil_web")
        with acting_as(user), pytest.raises(ProgrammingError, match="outboxmessage"), transaction.atomic():
            case.do(dossier, user)


def done_by_the_system(case: Case, dossier: Dossier) -> None:
    with transaction.atomic():
        assert case.do(dossier, None).state == case.target
        assert Entry.objects.get(event=case.journaled, dossier_id=dossier.pk).actor_id is None
        transaction.set_rollback(True)


def done(case: Case, dossier: Dossier, user: User) -> None:
    """State, dates, dated fact, journal and work to do, in few statements."""
    messages = OutboxMessage.objects.filter(task="dossier.changed", payload={"dossier": str(dossier.pk)})
    events, queued = DossierEvent.objects.filter(dossier=dossier).count(), messages.count()
    with acting_as(user), CaptureQueriesContext(connection) as queries:
        answer = case.do(dossier, user)
    now = Dossier.objects.get(pk=dossier.pk)
    assert (answer.state, now.state, now.state_on) == (case.target, case.target, DAY)
    assert now.closed_on == (DAY if case.target == State.CLOS else None)
    assert DossierEvent.objects.filter(dossier=dossier).count() == events + 1
    event = DossierEvent.objects.filter(dossier=dossier).latest("recorded_at")
    assert (event.on, event.source, event.recorded_by) == (case.fact_on, Source.ACT, user)
    entry = Entry.objects.get(event=case.journaled, dossier_id=dossier.pk, actor_id=user.pk)
    assert (entry.target_id, entry.codes) == (dossier.pk, {"state": case.target.value})
    assert bytes(entry.leaf) == journal.leaf_hash(entry)
    assert messages.count() == queued + 1
    sent = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(sent) <= MOST_STATEMENTS, "\n".join(sent)


@pytest.mark.parametrize("state", State)
def test_from_any_other_state_nothing_happens(siao: User, state: State) -> None:
    dossier = prepared(state, referent=siao)
    before, wrong = facts_of(dossier), []
    with acting_as(siao):
        for name in [name for name, sources in SOURCES.items() if state not in sources]:
            try:
                with transaction.atomic():
                    THE[name].do(dossier, siao)
                wrong.append(name)
            except TransitionNotAllowed:
                continue
    assert wrong == []
    assert facts_of(dossier) == before


def test_every_declared_move_has_its_act() -> None:
    assert {(case.source, case.target) for case in CASES} == {(move.source, move.target) for move in moves(Dossier)}


class TestMotives:
    @pytest.mark.parametrize("name", ["adjourn", "decline"])
    def test_only_those_of_the_act(self, siao: User, name: str) -> None:
        levels = {
            "adjourn": {MotiveLevel.AJOURNE},
            "decline": {MotiveLevel.NON_PRESENTE, MotiveLevel.NON_RETENU},
        }[name]
        for motive in Motive.objects.all():
            dossier = make_dossier()
            with acting_as(siao):
                if motive.level in levels:
                    THE[name].do(dossier, siao, motive=motive.code)
                    event = operations.last_standing(dossier, EventKind.INSTRUCTION)
                    assert event is not None
                    assert event.motive == motive.code
                else:
                    with pytest.raises(OperationRefused, match="motif dans la liste"):
                        THE[name].do(dossier, siao, motive=motive.code)

    @pytest.mark.parametrize("code", ["", "N’IMPORTE QUOI", "MAINTIEN_SANS_DETTE"])
    def test_no_free_text(self, siao: User, dossier: Dossier, code: str) -> None:
        before = facts_of(dossier)
        with acting_as(siao), pytest.raises(OperationRefused, match="motif dans la liste"):
            THE["decline"].do(dossier, siao, motive=code)
        assert facts_of(dossier) == before

    def test_a_note_is_kept_sealed_and_out_of_the_journal(self, siao: User, dossier: Dossier) -> None:
        note = "Mme Orsel est partie à Ugine"
        with acting_as(siao):
            THE["decline"].do(dossier, siao, note=note)
        event = operations.last_standing(dossier, EventKind.INSTRUCTION)
        assert event is not None
        assert event.note == note
        assert note not in str(list(Entry.objects.values_list("codes", flat=True)))
        assert note not in str(list(OutboxMessage.objects.values_list("payload", flat=True)))


class TestAdjournment:
    @pytest.mark.parametrize("review_on", [None, DAY, DAY - timedelta(days=1)])
    @pytest.mark.parametrize("name", ["adjourn", "adjourn_in_session"])
    def test_needs_a_later_date(self, siao: User, name: str, review_on: Any) -> None:
        dossier = prepared(THE[name].source, referent=siao, act=name)
        before = facts_of(dossier)
        with acting_as(siao), pytest.raises(OperationRefused, match="réexaminé"):
            THE[name].do(dossier, siao, review_on=review_on)
        assert facts_of(dossier) == before

    def test_the_date_is_kept_until_the_dossier_moves(self, siao: User, dossier: Dossier) -> None:
        with acting_as(siao):
            assert THE["adjourn"].do(dossier, siao).review_on == LATER
            assert list(Dossier.objects.to_review(LATER)) == [dossier]
            assert list(Dossier.objects.to_review(LATER - timedelta(days=1))) == []
            assert THE["reexamine"].do(dossier, siao).review_on is None


class TestReasons:
    @pytest.mark.parametrize("name", [name for name, case in THE.items() if case.asks == NOTE])
    def test_an_act_that_asks_why_wants_an_answer(self, siao: User, name: str) -> None:
        dossier = prepared(THE[name].source, referent=siao, act=name)
        before = facts_of(dossier)
        for note in ("", "  \n "):
            with acting_as(siao), pytest.raises(OperationRefused, match="justifie cet acte"):
                THE[name].do(dossier, siao, note=note)
        assert facts_of(dossier) == before


class TestClosing:
    def test_what_is_open_prevents_it_and_is_said(self, siao: User) -> None:
        dossier = prepared(State.EN_SUIVI, referent=siao)
        before = facts_of(dossier)
        with acting_as(siao), pytest.raises(OperationRefused) as refused:
            THE["close"].do(dossier, siao, note="")
        assert "un accompagnement est en cours" in str(refused.value)
        assert "un bail est en cours" in str(refused.value)
        assert facts_of(dossier) == before

    def test_a_reason_overrides_it(self, siao: User) -> None:
        dossier = prepared(State.EN_SUIVI, referent=siao)
        with acting_as(siao):
            THE["close"].do(dossier, siao, note="Décès signalé par la famille.")
        assert Hold.objects.filter(dossier=dossier, released_at=None).count() == 2
        event = operations.last_standing(dossier, EventKind.OUTCOME)
        assert event is not None
        assert event.note == "Décès signalé par la famille."

    def test_what_ended_no_longer_prevents_it(self, siao: User, dossier: Dossier) -> None:
        holder = uuid4()
        operations.hold(dossier, HoldCode.MEASURE, holder=holder, by=siao)
        with acting_as(siao), pytest.raises(OperationRefused):
            THE["close"].do(dossier, siao, note="")
        operations.release(dossier, HoldCode.MEASURE, holder=holder, by=siao)
        with acting_as(siao):
            assert THE["close"].do(dossier, siao, note="").state == State.CLOS

    def test_the_outcome_is_one_of_the_list(self, siao: User, dossier: Dossier) -> None:
        for outcome in ("", "PARTI", "RETOUR_EMPLOI"):
            with acting_as(siao), pytest.raises(OperationRefused, match="issue"):
                THE["close"].do(dossier, siao, outcome=outcome)

    def test_the_outcome_is_a_dated_fact(self, siao: User) -> None:
        for outcome in set(Outcome) - OF_THE_LEASE_ALONE:
            dossier = make_dossier()
            with acting_as(siao):
                THE["close"].do(dossier, siao, outcome=outcome)
            event = operations.last_standing(dossier, EventKind.OUTCOME)
            assert event is not None
            assert (event.detail, event.on) == (outcome, DAY)

    def test_reopened_it_is_open_again(self, siao: User, dossier: Dossier) -> None:
        with acting_as(siao):
            THE["close"].do(dossier, siao)
            assert THE["reopen"].do(dossier, siao).closed_on is None
        assert list(Dossier.objects.open()) == [dossier]


class TestFreezing:
    @pytest.mark.parametrize("name", ["complete_evaluation", "present"])
    def test_postgresql_refuses_any_change_afterwards(self, siao: User, name: str) -> None:
        dossier = prepared(THE[name].source, referent=siao, act=name)
        evaluation = Evaluation.objects.get(dossier=dossier)
        assert evaluation.frozen_at is None
        with acting_as(siao):
            THE[name].do(dossier, siao)
        for statement in ("SET evaluated_on = now()", "SET frozen_at = NULL", "SET resources = NULL"):
            error = refusal(partial(execute, f"UPDATE dossiers_evaluation {statement} WHERE id = %s", evaluation.pk))
            assert (error.sqlstate, error.diag.message_primary) == ("23514", FROZEN)
        error = refusal(lambda: execute("DELETE FROM dossiers_evaluation WHERE id = %s", evaluation.pk))
        assert error.sqlstate == "23514"

    def test_before_it_may_change(self, dossier: Dossier) -> None:
        evaluation = Evaluation.objects.get(dossier=dossier)
        evaluation.resource = "AAH"
        evaluation.save(update_fields=["resource"])
        assert Evaluation.objects.get(dossier=dossier).resource == "AAH"


class TestAdmission:
    def test_a_landlord_may_volunteer(self, siao: User, cast: Cast) -> None:
        landlord = Organisation.objects.known_as("Habitat des Bauges").get()
        dossier = prepared(State.EN_COMMISSION, referent=siao)
        with acting_as(siao):
            done = THE["admit"].do(dossier, siao, landlord_id=landlord.pk)
        assert (done.positioned_landlord_id, done.decided_on) == (landlord.pk, DAY)
        assert Dossier.objects.get(pk=dossier.pk).positioned_landlord == landlord


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Real threads and connections; the lock decides, the second sees what the first did."""

    def test_the_same_act_twice_is_done_once(self, siao: User) -> None:
        for name in ("declare_ready", "adjourn", "start_search", "close"):
            dossier = prepared(THE[name].source, referent=siao, act=name)
            outcomes = at_once(*[partial(self._act, THE[name], dossier, siao)] * 2)
            assert sorted(type(error).__name__ for error in outcomes) == ["NoneType", "TransitionNotAllowed"], name
            assert Entry.objects.filter(event=THE[name].journaled, dossier_id=dossier.pk).count() == 1

    def test_two_acts_that_exclude_each_other(self, siao: User) -> None:
        dossier = prepared(State.EVALUE, referent=siao)
        outcomes = at_once(*(partial(self._act, THE[name], dossier, siao) for name in ("declare_ready", "adjourn")))
        assert sorted(type(error).__name__ for error in outcomes) == ["NoneType", "TransitionNotAllowed"]

    def test_closing_while_something_opens(self, siao: User) -> None:
        """Whoever comes first, a dossier never ends closed with something open on it."""
        for _ in range(4):
            dossier = make_dossier()
            opening = partial(operations.hold, dossier, HoldCode.LEASE, holder=uuid4(), by=None)
            closing = partial(self._act, THE["close"], dossier, siao, note="")
            outcomes = at_once(opening, closing)
            assert [type(error) for error in outcomes if error] == [OperationRefused]
            is_closed = Dossier.objects.get(pk=dossier.pk).state == State.CLOS
            assert is_closed != Hold.objects.filter(dossier=dossier).exists()

    @staticmethod
    def _act(case: Case, dossier: Dossier, user: User, **asks: Any) -> None:
        user = User.objects.get(pk=user.pk)
        with acting_as(user):
            case.do(dossier, user, **asks)
