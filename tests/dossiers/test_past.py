"""Facts of the past: the same constraints and journal as the acts, without their guards."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError

from accounts.models import User
from accounts.operations import siao as the_siao
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import (
    Answer,
    Dossier,
    DossierEvent,
    Evaluation,
    EventKind,
    HousingRequest,
    Person,
    ResidentialSituation,
    Source,
    State,
)
from cases.dossiers.operations import Told, correct_past_situation, record_past_situation, walk_to, write_answers
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from tests.factories import make_dossier, past_situation
from tests.fixtures import Cast, at_once, execute

pytestmark = pytest.mark.django_db
SINCE = {State.EN_RECHERCHE: date(2023, 4, 1), State.LOGE: date(2023, 6, 1)}


def person_of(dossier: Dossier) -> Person:
    return Person.objects.get(participations__dossier=dossier)


class TestRecording:
    @pytest.mark.parametrize("state", [state for state in State if state != State.CLOS])
    def test_born_in_any_state(self, siao: User, state: State) -> None:
        with acting_as(siao):
            dossier = make_dossier(state=state, by=siao, referent=siao)
            assert Dossier.objects.get() == dossier
        assert (dossier.state, dossier.source, dossier.referent) == (state, Source.IMPORT, siao)
        entry = Entry.objects.get(event="dossier.recorded")
        assert (entry.target_id, entry.actor_id, entry.codes) == (dossier.pk, siao.pk, {"state": state.value})
        assert OutboxMessage.objects.get(task="dossier.changed").payload == {"dossier": str(dossier.pk)}

    def test_everything_that_was_told_is_kept(self, siao: User) -> None:
        dossier = make_dossier("presented", children=2, ethos="8.1 chez des tiers")
        person, evaluation = person_of(dossier), Evaluation.objects.get()
        assert (person.sex, person.birth_date, person.subject_id) == ("F", date(1984, 2, 29), person.pk)
        assert (evaluation.children, evaluation.resources, evaluation.rent_debt) == ("2", Decimal("607.75"), Decimal(0))
        assert evaluation.frozen_at is not None
        assert HousingRequest.objects.get().number == "073MMAA000001XTEST"
        assert ResidentialSituation.objects.get().ethos == "8.1 chez des tiers"
        events = {event.kind: event.on for event in DossierEvent.objects.all()}
        assert events == {EventKind.ORIENTATION: date(2022, 11, 7), EventKind.EVALUATION: date(2023, 1, 12)}
        assert all(event.source == Source.IMPORT for event in DossierEvent.objects.all())

    def test_what_is_unknown_stays_empty(self, siao: User) -> None:
        dossier = make_dossier("bare", first_name=None, sex=None, birth_date=None, state_on=None)
        person, evaluation = person_of(dossier), Evaluation.objects.get()
        assert (person.first_name, person.sex, person.birth_date) == (None, None, None)
        assert (evaluation.resources, evaluation.rent_debt, evaluation.evaluated_on) == (None, None, None)
        assert dossier.state_on is None
        assert not DossierEvent.objects.exists()

    def test_nothing_personal_in_clear(self, siao: User) -> None:
        told = past_situation(
            last_name="Margeriaz", first_name="Zénobie", motive="INCARCERATION", motive_text="peine à Aiton"
        )
        record_past_situation(told, team=the_siao(), referent=None, by=None)
        dump = ""
        for (table,) in execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            dump += str(execute(f"SELECT t::text FROM {table} t"))  # noqa: S608
        known = [text for text in ("Margeriaz", "Zénobie", "1984-02-29", "607.75", "peine à", "XTEST") if text in dump]
        assert known == []
        assert dump.count("INCARCERATION") == 1, "the reference list of motives, and nobody's motive"

    def test_the_same_reference_twice(self, dossier: Dossier) -> None:
        with pytest.raises(IntegrityError):
            make_dossier(reference=dossier.reference)

    @pytest.mark.parametrize("account", ["animation", "fol73", "prescripteur", "admin", "dpo", "etranger"])
    def test_not_by_everybody(self, cast: Cast, account: str) -> None:
        user = cast[account]
        with acting_as(user), pytest.raises(NotAllowed):
            make_dossier(by=user)

    def test_a_referents_own_team_sees_it_at_once(self, cast: Cast) -> None:
        with acting_as(cast["siao"]):
            made = make_dossier(by=cast["siao"])
        for account, sees in {"siao": True, "siao2": True, "animation": True, "fol73": False, "dpo": False}.items():
            with acting_as(cast[account]):
                assert Dossier.objects.filter(pk=made.pk).exists() is sees, account


class TestCorrecting:
    def test_a_value_that_was_presented_becomes_a_new_version(self, siao: User) -> None:
        dossier = make_dossier("presented")
        corrected = past_situation("presented", resources=Decimal("971.37"), household_type="COUPLE_SANS_ENFANT")
        with acting_as(siao):
            correct_past_situation(dossier.pk, corrected, changed={"resources"}, by=siao)
        first, second = Evaluation.objects.order_by("version")
        assert (first.resources, second.resources) == (Decimal("607.75"), Decimal("971.37"))
        assert second.household_type == first.household_type, "what was not said to change does not"
        assert second.frozen_at is not None
        assert Entry.objects.get(event="dossier.corrected").codes == {"fields": ["resources"]}

    def test_a_name_is_corrected_where_it_is(self, siao: User, dossier: Dossier) -> None:
        before = person_of(dossier)
        told = past_situation(last_name="Orsel-Revard", first_name="Autre")
        with acting_as(siao):
            correct_past_situation(dossier.pk, told, changed={"last_name"}, by=siao)
        after = person_of(dossier)
        assert (after.pk, after.last_name, after.first_name) == (before.pk, "Orsel-Revard", before.first_name)

    def test_a_date_is_corrected_by_another_fact(self, siao: User, dossier: Dossier) -> None:
        told = past_situation(evaluated_on=date(2023, 2, 1))
        with acting_as(siao):
            correct_past_situation(dossier.pk, told, changed={"evaluated_on"}, by=siao)
        former, standing = DossierEvent.objects.filter(kind=EventKind.EVALUATION).order_by("recorded_at")
        assert (former.on, standing.on, standing.corrects) == (date(2023, 1, 12), date(2023, 2, 1), former)

    def test_not_without_the_role_nor_the_grant(self, cast: Cast, dossier: Dossier) -> None:
        told = past_situation()
        with acting_as(cast["animation"]), pytest.raises(NotAllowed):
            correct_past_situation(dossier.pk, told, changed={"last_name"}, by=cast["animation"])
        with acting_as(cast["etranger"]), pytest.raises(Dossier.DoesNotExist):
            correct_past_situation(dossier.pk, told, changed={"last_name"}, by=cast["etranger"])


class TestWalking:
    def test_each_declared_move_is_journaled(self, siao: User) -> None:
        dossier = make_dossier(state=State.VALIDE)
        with acting_as(siao):
            walked = walk_to(dossier.pk, State.LOGE, since=SINCE, by=siao)
        assert (walked.state, walked.state_on) == (State.LOGE, date(2023, 6, 1))
        told = Entry.objects.filter(dossier_id=dossier.pk).order_by("recorded_at").values_list("event", flat=True)
        assert list(told)[1:] == ["dossier.start_search", "dossier.house"]

    def test_staying_is_no_walk(self, dossier: Dossier) -> None:
        assert walk_to(dossier.pk, State.EVALUE, since={}, by=None).state == State.EVALUE

    @pytest.mark.parametrize(("source", "target"), [(State.VALIDE, State.PRESCRIT), (State.EVALUE, State.CLOS)])
    def test_no_walk_leads_there_and_both_states_are_named(
        self, siao: User, dossier: Dossier, source: State, target: State
    ) -> None:
        dossier = make_dossier(state=source)
        with acting_as(siao), pytest.raises(OperationRefused) as refused:
            walk_to(dossier.pk, target, since={}, by=siao)
        assert f"« {source.label} »" in str(refused.value)
        assert f"« {target.label} »" in str(refused.value)
        assert Dossier.objects.get(pk=dossier.pk).state == source

    def test_a_closed_dossier_is_reopened_by_a_person(self, siao: User, dossier: Dossier) -> None:
        operations.close(dossier.pk, by=None, on=date(2024, 1, 1), outcome="DECES")
        with acting_as(siao), pytest.raises(OperationRefused, match="« Clos »"):
            walk_to(dossier.pk, State.EN_EVALUATION, since={}, by=siao)


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_line_at_once(siao: User) -> None:
    told = past_situation()
    outcomes = at_once(*[partial(make_dossier, reference=told.reference)] * 2)
    assert sorted(type(error).__name__ for error in outcomes) == ["IntegrityError", "NoneType"]
    assert Dossier.objects.filter(reference=told.reference).count() == 1
    assert Person.objects.count() == Evaluation.objects.count() == 1


def test_a_corrected_version_keeps_what_was_answered_here(siao: User) -> None:
    dossier = make_dossier(state=State.EN_EVALUATION)
    told = {"language": Told("peul"), "resources": Told('[{"amount":"600","nature":"RSA"}]')}
    write_answers(dossier.pk, {**told, "debts": Told('[{"amount":"90","nature":"LOYER"}]')}, by=siao)
    facts = past_situation(resources=Decimal("700.00"), rent_debt=Decimal(90))
    correct_past_situation(dossier.pk, facts, changed={"resources"}, by=siao)
    last = Evaluation.objects.filter(dossier=dossier).order_by("-version")[0]
    assert (last.version, last.resources, last.rent_debt) == (2, Decimal("700.00"), Decimal(90))
    assert Answer.objects.get(evaluation=last, key="language").value == "peul"
    assert (last.resourcelines.count(), last.debtlines.count()) == (0, 1)
