"""By the operations or by COPY: the same lives leave the same rows."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit.journal import leaf_hash
from audit.models import Entry
from cases.dossiers.models import Dossier, DossierEvent, State
from commission.models import Seance
from exchange.population import EARLIEST, load_population
from exchange.population.bodies import find_bodies
from exchange.population.draw import Setting
from exchange.population.load import life_of
from exchange.population.places import ROOMS
from reporting import operations as reporting
from reporting.models import Fact
from tests.exchange.population.told import Rows, told_messages, told_rows
from tests.fixtures import as_role

pytestmark = pytest.mark.django_db
HOUSEHOLDS, SEED = 60, 3


class _Undo(Exception):
    pass


def loaded(*, by_copy: bool) -> tuple[Rows, set[tuple[str, str]], list[tuple[str, str, str, str]]]:
    """What a way of loading leaves, then takes back: rows, tasks, facts of the figures."""
    try:
        with transaction.atomic():
            with as_role("seuil_worker"):
                load_population(HOUSEHOLDS, SEED, by_copy=by_copy)
            rows, messages = told_rows(), told_messages()
            reporting.catch_up()
            facts = sorted(Fact.objects.values_list("period", "kind", "code", "detail"))
            raise _Undo
    except _Undo:
        return rows, messages, facts


@pytest.mark.long
def test_the_same_rows_tasks_and_facts() -> None:
    find_bodies()
    rows, messages, facts = loaded(by_copy=False)
    copied, asked, counted = loaded(by_copy=True)
    assert sorted(copied) == sorted(rows)
    for name, columns in rows.items():
        assert (name, copied[name]) == (name, columns)
    assert asked == messages
    assert counted == facts
    assert len(facts) > HOUSEHOLDS
    setting = Setting.of(SEED, EARLIEST, timezone.localdate())
    drawn = {setting.reference(number): life_of(setting, number).state for number in range(1, HOUSEHOLDS + 1)}
    assert {name: copied[f"Dossier  {name} 1"]["state"] for name in drawn} == drawn
    assert len(set(drawn.values())) >= len(State) - 2  # the day of the test decides: a hundred show them all


def test_the_worker_copies_into_tables_under_row_security() -> None:
    """The temporary tables are used, and every leaf of the journal is the one that anybody can make again."""
    with as_role("seuil_worker"):
        load_population(30, 5, by_copy=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'aside_%' AND relpersistence = 't'")
            assert cursor.fetchone()[0] > 5
    assert Dossier.objects.count() == 30
    entries = list(Entry.objects.exclude(dossier_id=None))
    assert len(entries) > 300
    assert all(bytes(entry.leaf) == leaf_hash(entry) for entry in entries)
    moments = list(DossierEvent.objects.filter(dossier=Dossier.objects.first()).values_list("recorded_at", flat=True))
    assert len(set(moments)) == len(moments)


@pytest.mark.long
def test_a_second_time_creates_nothing_and_a_longer_list_the_missing_ones() -> None:
    assert load_population(30, 6, by_copy=True).households == 30
    entries = Entry.objects.count()
    assert load_population(30, 6, by_copy=True).households == 0
    assert load_population(30, 6).households == 0
    assert Entry.objects.count() == entries
    assert load_population(32, 6).households == 2
    assert load_population(4, 60).households == 4
    assert Dossier.objects.count() == 36


@pytest.mark.long
def test_the_seances_are_held_in_rooms_that_say_that_they_are_fictional() -> None:
    """Loadings share their days, each with séances of its own: a day has as many rooms as it needs."""
    days = Setting.of(6, EARLIEST, timezone.localdate()).days
    loadings = len(ROOMS) + 1
    for seed in range(1, loadings + 1):
        load_population(1, seed, by_copy=True)
    of_a_day = [seance.place for seance in Seance.objects.filter(held_on=days.sitting)]
    assert len(of_a_day) == loadings
    expected = {f"{room} (lieu fictif)" for room in ROOMS}
    (another,) = set(of_a_day) - expected
    assert another.endswith(", 2ᵉ salle (lieu fictif)")
    assert {seance.place for seance in Seance.objects.all()} >= expected
    assert not Seance.objects.filter(place__contains="POP-").exists()
