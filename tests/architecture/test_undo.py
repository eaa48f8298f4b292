"""Undoing an import forgets no table: who adds one that bears dossiers says so in `config/db_rights/undo.py`."""

from __future__ import annotations

import pytest

from accounts.models import User
from config.db_rights.undo import (
    COUNTED,
    FROZEN_BY,
    ITSELF,
    LEADS_THERE,
    NEVER_WRITTEN,
    OF_ITS_PERSONS,
    ONE_IMPORT,
    WRITTEN,
)
from core import outbox
from exchange.operations import register
from tests.architecture.tables import count, tables, with_column
from tests.exchange.registers import LEASE, PRESENTED, row, told_well
from tests.factories import make_dossier
from tests.fixtures import execute

pytestmark = pytest.mark.django_db
DELETED = {*WRITTEN, *OF_ITS_PERSONS, *ITSELF}
# tables that name a dossier, or whose rows are sealed, and that undoing leaves as they are, and why
LEFT = {
    "audit_entry": "the journal outlives what it tells",
    "dossiers_keptview": "its owner's, sealed under her own key",
    "dossiers_namesearch": "its owner's, for half an hour",
    "exchange_columnmapping": "the organisation's",
    "exchange_pendingfile": "of an import that waits",
    "exchange_valuemapping": "the organisation's",
}


def test_no_table_that_bears_a_dossier_is_forgotten() -> None:
    """Written by an import, and deleted; or never, and then a row there refuses; or left, and said why."""
    bearing = with_column("dossier_id") | with_column("person_id") | with_column("subject_id") | {*ITSELF}
    links = execute("SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'")
    while further := {table for table, to in links if to in bearing} - bearing:
        bearing |= further
    assert bearing & tables() == DELETED | {*NEVER_WRITTEN, *LEADS_THERE, *LEFT}
    assert not DELETED & {*NEVER_WRITTEN, *LEADS_THERE, *LEFT}


def test_each_table_is_asked_by_its_own_column() -> None:
    assert {*COUNTED} <= with_column("dossier_id")
    assert {*WRITTEN} <= with_column("dossier_id")
    assert {*NEVER_WRITTEN} <= with_column("dossier_id")


def test_an_import_writes_in_these_tables_and_no_others(siao: User) -> None:
    """Every column told; and the worker has passed, beside somebody who looks alike."""
    make_dossier(last_name="Quetschelier", first_name="Barnabé")
    outbox.run_all()
    every = {*DELETED, *NEVER_WRITTEN, *LEADS_THERE}
    before = {table: count(table) for table in every}
    told_well(
        row("A", PRESENTED, **LEASE, accompagnement="AVDL", suivi="maintien sans dette", date_suivi="2023-08-01"),
        row("B", suite_evaluation="non retenue", motif="non adhésion"),
        by=siao,
    )
    outbox.run_all()
    assert {table for table in every if count(table) > before[table]} == DELETED


def test_the_triggers_that_it_passes_are_those_that_keep_what_it_deletes() -> None:
    """One more that refuses to delete would refuse every undoing: say it there, or it must not be passed."""
    found = execute(
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgtype & 8 = 8 AND tgname LIKE 'pgtrigger%%'"
        " AND tgrelid::regclass::text = ANY(%s)",
        sorted(DELETED),
    )
    assert {name for (name,) in found} == {*FROZEN_BY.split(",")}


def test_nobody_imports_while_one_is_undone() -> None:
    assert ONE_IMPORT == register.ONE_IMPORT
