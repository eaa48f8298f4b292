"""Life cycles: what the models declare, what PostgreSQL refuses, and the walks between."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import ProgrammingError, transaction
from django.utils import timezone
from django_fsm import FSMField

from accounts.models import User
from cases.dossiers.models import Dossier, State
from cases.housing.models import Lease, LeaseState
from cases.support.models import Measure
from commission.models import DECISIONS, Examen, Seance
from core.db import acting_as
from core.models import LIVE, Job, JobState
from core.workflow import StatefulModel, mermaid, moves, next_moves, path
from tests.factories import make_dossier
from tests.fixtures import as_role, execute, refusal

Row = Callable[[Dossier, str], StatefulModel]
STATEFUL = [model for model in apps.get_models() if issubclass(model, StatefulModel)]
DAY = date(2024, 5, 2)


def states(model: type[StatefulModel]) -> list[str]:
    field: Any = next(field for field in model._meta.fields if field.name == "state")
    return [str(value) for value, _ in field.flatchoices]


def declared(model: type[StatefulModel]) -> set[tuple[str, str]]:
    return {(move.source, move.target) for move in moves(model)}


def seance(**values: Any) -> Seance:
    return Seance.objects.create(held_on=DAY, place_key=uuid4().hex, created_at=timezone.now(), **values)


def decided(state: str) -> date | None:
    return DAY if state in DECISIONS else None


# a row in any state: an INSERT may state any fact of the past
ROWS: dict[type[StatefulModel], Row] = {
    Dossier: lambda _, state: make_dossier(state=State(state)) if state != State.CLOS else closed_dossier(),
    Seance: lambda _, state: seance(state=state),
    Examen: lambda dossier, state: Examen.objects.create(
        dossier=dossier, seance=seance(), state=state, decided_on=decided(state), created_at=timezone.now()
    ),
    Lease: lambda dossier, state: Lease.objects.create(
        subject_id=dossier.household_id, dossier=dossier, kind="NOM_PROPRE", state=state, created_at=timezone.now()
    ),
    Measure: lambda dossier, state: Measure.objects.create(
        dossier=dossier, kind="AVDL", state=state, created_at=timezone.now()
    ),
    Job: lambda _, state: job(state),
}


def companions(model: type[StatefulModel], state: str) -> dict[str, Any]:
    """Columns that must follow the state for the other constraints to hold."""
    if model is Dossier:
        return {"closed_on": DAY if state == State.CLOS else None}
    if model is Job:
        now, begun, over = timezone.now(), state != JobState.QUEUED, state not in LIVE
        told = {"runs": int(begun), "sentence": "Fini." if over else ""}
        return told | {"started_at": now if begun else None, "ended_at": now if over else None}
    return {"decided_on": decided(state)} if model is Examen else {}


def job(state: str) -> Job:
    now, begun, over = timezone.now(), state != JobState.QUEUED, state not in LIVE
    owner = User.objects.order_by("pk").first()
    assert owner is not None
    return Job.objects.create(
        kind="test",
        owner=owner,
        total=1,
        state=state,
        runs=int(begun),
        sentence="Fini." if over else "",
        created_at=now,
        started_at=now if begun else None,
        ended_at=now if over else None,
    )


def closed_dossier() -> Dossier:
    dossier = make_dossier()
    dossier.close(on=DAY)
    dossier.save()
    return dossier


def move(model: type[StatefulModel], row: UUID, target: str) -> None:
    """The bare UPDATE of whoever forgets the transitions."""
    columns = {"state": target, **companions(model, target)}
    assignments = ", ".join(f"{name} = %s" for name in columns)
    table = model._meta.db_table
    sql = f"UPDATE {table} SET {assignments} WHERE id = %s RETURNING state"  # noqa: S608  names of our own models
    found = execute(sql, *columns.values(), row)
    assert found == [(target,)], "the row was not there to be changed"


ROLES: dict[str, Callable[[User], AbstractContextManager[None]]] = {
    "owner": lambda user: nullcontext(),
    "web": acting_as,
    "worker": lambda user: as_role("seuil_worker"),
}


@pytest.mark.parametrize("model", STATEFUL, ids=lambda model: model._meta.label)
@pytest.mark.parametrize("role", ROLES)
def test_postgresql_allows_the_declared_moves_and_no_other(model: type[StatefulModel], role: str, siao: User) -> None:
    if (model, role) == (Job, "web"):  # the web role may only ask for a stop: PostgreSQL refuses it the column
        row = job(JobState.QUEUED).pk
        with acting_as(siao), pytest.raises(ProgrammingError, match="core_job"):
            move(model, row, JobState.RUNNING)
        return
    # each on a dossier of its own: two leases, or two passages, cannot be under way on one
    rows = {state: ROWS[model](make_dossier(), state).pk for state in states(model)}
    wrong = []
    with ROLES[role](siao):
        for source in states(model):
            for target in states(model):
                if source == target:
                    continue
                answer = outcome(model, rows[source], source, target)
                wanted = "allowed" if (source, target) in declared(model) else "refused"
                if answer != wanted:
                    wrong.append((source, target, answer))
    assert wrong == []


def outcome(model: type[StatefulModel], row: UUID, source: str, target: str) -> str:
    """« allowed » or « refused », the latter in French and as a check violation; nothing of it stays."""
    try:
        with transaction.atomic():
            move(model, row, target)
            transaction.set_rollback(True)
    except Exception as error:
        cause: Any = error.__cause__
        assert cause.sqlstate == "23514", f"{source} → {target}: {cause}"
        assert cause.diag.message_primary == f"Passage non prévu : de {source} à {target}."
        return "refused"
    return "allowed"


def test_every_machine_is_watched() -> None:
    """A column of states without its trigger would be a machine on paper only."""
    unwatched = [
        model._meta.label
        for model in apps.get_models()
        if any(isinstance(field, FSMField) for field in model._meta.fields)
        and not (
            issubclass(model, StatefulModel) and "state_moves" in {trigger.name for trigger in model._meta.triggers}  # type: ignore[attr-defined]
        )
    ]
    assert unwatched == []
    assert set(STATEFUL) == set(ROWS)


def test_the_same_state_again_is_no_move(dossier: Dossier) -> None:
    move(Dossier, dossier.pk, State.EVALUE)


def test_a_set_of_rows_is_refused_when_one_may_not(siao: User, dossier: Dossier) -> None:
    other = make_dossier(state=State.VALIDE)
    with acting_as(siao):
        error = refusal(lambda: Dossier.objects.all().update(state=State.PRET))
    assert error.sqlstate == "23514"
    assert set(Dossier.objects.values_list("state", flat=True)) == {State.EVALUE, State.VALIDE}
    assert Dossier.objects.get(pk=other.pk).state == State.VALIDE


class TestPath:
    def test_the_walks_of_an_import(self) -> None:
        clos = frozenset({State.CLOS.value})
        walk = path(Dossier, State.VALIDE, State.EN_SUIVI, avoiding=clos)
        assert walk is not None
        assert [step.name for step in walk] == ["start_search", "house", "hand_over"]
        assert path(Dossier, State.LOGE, State.LOGE, avoiding=clos) == []

    @pytest.mark.parametrize("source", State.values)
    def test_each_walk_is_declared_and_never_by_clos(self, source: str) -> None:
        for target in State.values:
            walk = path(Dossier, source, target, avoiding=frozenset({State.CLOS.value}))
            if walk:
                assert (walk[0].source, walk[-1].target) == (source, target)
                assert all(one.target == then.source for one, then in pairwise(walk))
                assert State.CLOS not in {step.source for step in walk} | {step.target for step in walk}
            if State.CLOS in {source, target} and source != target:
                assert walk is None

    def test_without_that_limit_one_may_close_and_reopen(self) -> None:
        walk = path(Dossier, State.VALIDE, State.EN_EVALUATION, avoiding=frozenset())
        assert walk is not None
        assert [step.name for step in walk] == ["close", "reopen"]

    def test_no_walk(self) -> None:
        assert path(Lease, LeaseState.TERMINE, LeaseState.EN_COURS, avoiding=frozenset()) is None


class TestDeclarations:
    def test_any_state_but_itself_is_spelled_out(self) -> None:
        closing = {move.source for move in moves(Dossier) if move.target == State.CLOS}
        assert closing == set(State.values) - {State.CLOS}

    def test_next_moves_leave_the_present_state(self) -> None:
        found = next_moves(Dossier(state=State.EN_COMMISSION))
        assert {move.target for move in found} == {"VALIDE", "PRET", "AJOURNE", "NON_RETENU", "CLOS"}

    @pytest.mark.parametrize("model", STATEFUL, ids=lambda model: model._meta.label)
    def test_the_buttons_speak_french(self, model: type[StatefulModel]) -> None:
        assert [move.name for move in moves(model) if move.label == move.name] == []

    @pytest.mark.parametrize("model", STATEFUL, ids=lambda model: model._meta.label)
    def test_the_diagram_tells_every_state_and_move(self, model: type[StatefulModel]) -> None:
        lines = mermaid(model).splitlines()
        assert lines[0] == "stateDiagram-v2"
        for source, target in declared(model):
            assert any(line.strip().startswith(f"{source} --> {target} : ") for line in lines)
        for state in states(model):
            assert any(line.strip().startswith(f"{state} : ") for line in lines)


@pytest.mark.parametrize("role", ["web", "worker"])
def test_no_setting_of_the_session_silences_a_trigger(role: str, siao: User) -> None:
    """django-pgtrigger heeds a setting that any role may write: the owner alone is heard (`config/db_rights/`)."""
    held = execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'dossiers_dossier'::regclass AND NOT tgisinternal")
    every = "{" + ",".join(name for (name,) in held) + "}"
    dossier = make_dossier()
    with ROLES[role](siao):
        execute("SELECT set_config('pgtrigger.ignore', %s, true)", every)
        assert outcome(Dossier, dossier.pk, dossier.state, State.EN_SUIVI) == "refused"
    execute("SELECT set_config('pgtrigger.ignore', %s, true)", every)
    assert outcome(Dossier, dossier.pk, dossier.state, State.EN_SUIVI) == "allowed"  # to the owner
