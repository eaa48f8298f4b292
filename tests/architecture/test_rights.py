"""Who may do what in PostgreSQL: the page `config/db_rights.py`, seen from the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, connections
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from accounts.models import User
from cases.dossiers.models import Dossier, Outcome
from cases.housing.models import LeaseKind, Parc
from cases.housing.operations import PastLease, record_past_lease, record_past_outcome
from cases.support.models import MeasureKind
from cases.support.operations import record_past_measure
from commission.models import ExamenState
from commission.operations import PastExamen, record_past_examen, record_past_seance
from config.db_rights import OF_A_DOSSIER, apply
from core import jobs
from core.db import acting_as
from core.models import Job
from exchange.models import PendingImport
from tests.factories import make_dossier
from tests.fixtures import as_role, execute, refusal

pytestmark = pytest.mark.django_db
FORBIDDEN, RLS = "42501", "42501"
# tables that name a dossier and are not hidden by row, and why
OPEN = {
    "dossiers_dossierusergrant": "the policies read it; a grant tells a dossier's UUID and nothing of it",
    "dossiers_dossiergroupgrant": "the same",
    "audit_entry": "UUIDs and codes; read through pages that ask for the dossier or for the DPO's role",
}
HIDDEN = {"dossiers_dossier": "id", "dossiers_person": "id", **OF_A_DOSSIER}
WEB_DELETES = {"django_session", "exchange_pendingimport", "exchange_pendingfile"}
WORKER_DELETES = WEB_DELETES | {"reporting_fact", "reporting_figureresult", "core_outboxmessage", "core_job"}
NEVER_REWRITTEN = {"audit_entry", "dossiers_dossierevent"}
WORKERS_ALONE = {"reporting_fact", "reporting_figureresult", "core_outboxmessage"}
REFERENCE = {"django_migrations", "auth_permission", "django_content_type"}


def tables() -> set[str]:
    found = execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in found if not name.startswith("vault_tests_")}


def with_column(name: str) -> set[str]:
    """Tables, not views, that have this column."""
    found = execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = %s", name
    )
    return {table for (table,) in found} & tables()


def may(role: str, privilege: str) -> set[str]:
    """Tables on which the role has the privilege."""
    found = execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        " AND has_table_privilege(%s, oid, %s)",
        role,
        privilege,
    )
    return {name for (name,) in found} & tables()


@pytest.fixture
def full(siao: User) -> Dossier:
    """A dossier with a row in every table that belongs to dossiers."""
    dossier = make_dossier("presented", ethos="8.1 chez des tiers", referent=siao)
    seance = record_past_seance(date(2023, 3, 16), "Chambéry", [], by=None)
    record_past_examen(dossier, PastExamen(seance, ExamenState.VALIDEE), by=None)
    record_past_lease(dossier, PastLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, date(2023, 5, 2), None), by=None)
    record_past_measure(dossier, MeasureKind.AVDL, by=None)
    return dossier


def count(table: str) -> int:
    return int(execute(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608


class TestRowLevelSecurity:
    def test_no_table_of_a_dossier_is_forgotten(self) -> None:
        secured = {name for (name,) in execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r'")}
        assert with_column("dossier_id") - secured == set(OPEN)
        assert with_column("person_id") - secured == set()
        assert with_column("subject_id") - secured == set()
        assert with_column("dossier_id") & secured == set(OF_A_DOSSIER)

    def test_no_column_that_the_database_fills(self) -> None:
        """Django would ask for it with RETURNING, which must pass the SELECT policy before the grant exists."""
        found = execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND (column_default IS NOT NULL OR is_identity = 'YES' OR is_generated = 'ALWAYS')"
        )
        assert [row for row in found if row[0] in HIDDEN] == []

    @pytest.mark.parametrize("table", HIDDEN)
    def test_seen_by_the_team_and_the_worker_alone(self, full: Dossier, siao: User, etranger: User, table: str) -> None:
        every = count(table)
        assert every > 0, "the fixture puts no row there"
        with acting_as(siao):
            assert count(table) == every
        with acting_as(etranger):
            assert count(table) == 0
            if table not in NEVER_REWRITTEN:
                assert execute(f"UPDATE {table} SET id = id RETURNING id") == []  # noqa: S608
        with as_role("seuil_worker"):
            assert count(table) == every

    @pytest.mark.parametrize("table", HIDDEN)
    def test_without_an_actor_it_raises_and_never_says_empty(self, full: Dossier, table: str) -> None:
        with acting_as(None):
            assert refusal(lambda: count(table)).sqlstate == "22P02"
        with as_role("seuil_web"):
            execute("RESET seuil.actor")
            assert refusal(lambda: count(table)).sqlstate in {"42704", "22P02"}

    @pytest.mark.parametrize("table", OF_A_DOSSIER)
    def test_no_row_is_added_to_a_dossier_that_one_does_not_see(
        self, full: Dossier, etranger: User, table: str
    ) -> None:
        columns = [name for (name,) in execute(COLUMNS, table)]
        values = ["gen_random_uuid()" if name == "id" else f'"{name}"' for name in columns]
        execute(f"CREATE TEMP TABLE copy ON COMMIT DROP AS SELECT * FROM {table}")  # noqa: S608
        execute("GRANT SELECT ON copy TO seuil_web")
        named = ", ".join(f'"{name}"' for name in columns)
        sql = f"INSERT INTO {table} ({named}) SELECT {', '.join(values)} FROM copy LIMIT 1"  # noqa: S608
        with acting_as(etranger):
            error = refusal(lambda: execute(sql))
        assert (error.sqlstate, "row-level security" in str(error)) == (RLS, True)

    def test_no_row_is_moved_to_a_dossier_that_one_does_not_see(self, full: Dossier, siao: User) -> None:
        hidden = make_dossier()
        execute("DELETE FROM dossiers_dossiergroupgrant WHERE dossier_id = %s", hidden.pk)
        with acting_as(siao):
            error = refusal(lambda: execute("UPDATE dossiers_hold SET dossier_id = %s", hidden.pk))
        assert (error.sqlstate, "row-level security" in str(error)) == (RLS, True)

    def test_a_dossier_is_created_before_its_grants(self, siao: User) -> None:
        with acting_as(siao):
            made = make_dossier(by=siao)
            assert Dossier.objects.get() == made

    def test_what_is_hidden_is_not_changed(self, full: Dossier, etranger: User) -> None:
        with acting_as(etranger):
            assert Dossier.objects.filter(pk=full.pk).update(referent=None) == 0
        assert Dossier.objects.get(pk=full.pk).referent is not None

    def test_an_outcome_through_the_web_touches_its_lease(self, full: Dossier, siao: User) -> None:
        with acting_as(siao):
            record_past_outcome(full, Outcome.DEDITE_RETOUR_115, on=date(2024, 1, 2), motive=None, by=siao)
        assert full.leases.get().state == "TERMINE"
        assert full.holds.filter(code="LEASE", released_at=None).count() == 0

    def test_a_file_received_is_its_senders_alone(self, siao: User, etranger: User) -> None:
        for owner in (siao, etranger):
            PendingImport.objects.create(owner=owner, created_at=timezone.now())
        with acting_as(etranger):
            assert [pending.owner for pending in PendingImport.objects.all()] == [etranger]
            for_another = PendingImport(owner=siao, created_at=timezone.now())
            assert refusal(lambda: for_another.save(force_insert=True)).sqlstate == RLS

    def test_a_job_is_its_owners_alone_who_may_only_ask_it_to_stop(self, siao: User, etranger: User) -> None:
        with acting_as(siao):
            job = jobs.start("test.kind", by=siao, total=3)
            assert refusal(lambda: execute("UPDATE core_job SET done = 3")).sqlstate == FORBIDDEN
        with acting_as(etranger):
            assert not Job.objects.exists()
            assert not jobs.ask_stop(job.pk, by=siao)
            assert refusal(lambda: jobs.start("test.kind", by=siao, total=3)).sqlstate == RLS
        with acting_as(siao):
            assert jobs.ask_stop(job.pk, by=siao)
            assert Job.objects.get().stop_asked


COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"


class TestPrivileges:
    def test_of_the_web(self) -> None:
        every = tables()
        assert may("seuil_web", "DELETE") == WEB_DELETES
        assert may("seuil_web", "TRUNCATE") == set()
        assert may("seuil_web", "REFERENCES") | may("seuil_web", "TRIGGER") == set()
        assert every - may("seuil_web", "SELECT") == {"core_outboxmessage", "reporting_fact"}
        assert every - may("seuil_web", "UPDATE") == NEVER_REWRITTEN | WORKERS_ALONE | REFERENCE | {
            "core_job",
            "auth_group_permissions",
            "dossiers_motive",
        }
        assert every - may("seuil_web", "INSERT") == (WORKERS_ALONE - {"core_outboxmessage"}) | REFERENCE | {
            "auth_group_permissions",
            "dossiers_motive",
        }

    def test_of_the_worker(self) -> None:
        every = tables()
        assert may("seuil_worker", "DELETE") == WORKER_DELETES
        assert may("seuil_worker", "TRUNCATE") == set()
        assert every - may("seuil_worker", "SELECT") == set()
        assert every - may("seuil_worker", "UPDATE") == NEVER_REWRITTEN | REFERENCE

    def test_of_the_others(self) -> None:
        assert may("seuil_reporting", "SELECT") == {"reporting_figureresult"}
        for privilege in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            assert may("seuil_reporting", privilege) == set()
        for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            assert may("seuil_treasury", privilege) == set()

    def test_nobody_makes_tables_but_the_owner(self) -> None:
        for role in ("seuil_web", "seuil_worker", "seuil_reporting", "seuil_treasury"):
            assert execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", role) == [(False,)]
        owners = execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert owners == [("seuil_owner",)]

    def test_no_role_passes_over_the_policies(self) -> None:
        found = execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls OR rolcreaterole)",
            ["seuil_owner", "seuil_web", "seuil_worker", "seuil_reporting", "seuil_treasury"],
        )
        assert found == []

    def test_the_keystore_gives_keys_and_takes_none_back(self) -> None:
        with connections["keystore"].cursor() as cursor:
            cursor.execute(
                "SELECT t, p FROM unnest(ARRAY['vault_dek', 'vault_periodkey']) t,"
                " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p"
                " WHERE has_table_privilege('seuil_web', t, p)"
            )
            assert set(cursor.fetchall()) == {("vault_dek", "SELECT"), ("vault_dek", "INSERT")}

    def test_the_page_may_be_applied_again(self) -> None:
        before = {role: {p: may(role, p) for p in ("SELECT", "UPDATE")} for role in ("seuil_web", "seuil_worker")}
        apply(connection)
        after = {role: {p: may(role, p) for p in ("SELECT", "UPDATE")} for role in ("seuil_web", "seuil_worker")}
        assert after == before

    def test_the_web_posts_work_and_does_not_read_it(self, siao: User) -> None:
        with acting_as(siao):
            for statement in (
                "SELECT 1 FROM core_outboxmessage",
                "UPDATE core_outboxmessage SET done_at = now()",
                "INSERT INTO reporting_fact SELECT * FROM reporting_fact",
                "SELECT 1 FROM reporting_fact",
                "DELETE FROM reporting_figureresult",
                "TRUNCATE audit_entry",
                "DELETE FROM audit_entry",
                "UPDATE audit_entry SET actor_id = NULL",
                "UPDATE dossiers_dossierevent SET motive = NULL",
                "DELETE FROM dossiers_dossier",
                "UPDATE dossiers_motive SET label = 'autre'",
            ):
                assert refusal(lambda: execute(statement)).sqlstate == FORBIDDEN, statement  # noqa: B023


@contextmanager
def logged_in(role: str, alias: str = "default") -> Iterator[psycopg.Connection]:
    """A connection of one's own under a real login, when this server lets one in without a password."""
    here: dict[str, Any] = connections[alias].settings_dict
    login = {key: here[key.upper()] for key in ("host", "port") if here[key.upper()]}
    try:
        opened = psycopg.connect(make_conninfo(dbname=here["NAME"], user=role, **login), autocommit=True)
    except psycopg.OperationalError as error:
        pytest.skip(f"this server wants a password of {role}: {error.sqlstate}")
    with opened:
        yield opened


def sqlstate(opened: psycopg.Connection, statement: str) -> str | None:
    with pytest.raises(psycopg.Error) as refused:
        opened.execute(statement)
    return refused.value.sqlstate


@pytest.mark.django_db(transaction=True)
class TestRealLogins:
    """Production's way: no SET ROLE anywhere, the login is the role."""

    def test_the_web_and_the_worker(self, siao: User) -> None:
        stranger, dossier = uuid4(), make_dossier()
        with logged_in("seuil_web") as web:
            assert sqlstate(web, "SELECT * FROM dossiers_dossier") in {"42704", "22P02"}
            assert seen_by(web, siao.pk) == [(dossier.pk,)]
            assert seen_by(web, stranger) == []
            for statement in ("DELETE FROM audit_entry", "TRUNCATE audit_entry", "UPDATE audit_entry SET leaf = ''"):
                assert sqlstate(web, statement) == FORBIDDEN
            for role in ("seuil_owner", "seuil_worker"):
                assert sqlstate(web, f"SET ROLE {role}") == FORBIDDEN
            web.execute("SELECT set_config('seuil.actor', %s, false)", [str(siao.pk)])
            assert sqlstate(web, "UPDATE dossiers_dossier SET state = 'LOGE'") == "23514"
        with logged_in("seuil_worker") as worker:
            assert worker.execute("SELECT id FROM dossiers_dossier").fetchall() == [(dossier.pk,)]
            assert sqlstate(worker, "SET ROLE seuil_owner") == FORBIDDEN
            assert sqlstate(worker, "DELETE FROM audit_entry") == FORBIDDEN
            worker.execute("SET ROLE seuil_web")
            assert seen_by(worker, siao.pk) == [(dossier.pk,)]
        with logged_in("seuil_web", "keystore") as keys:
            assert sqlstate(keys, "DELETE FROM vault_dek") == FORBIDDEN
            assert sqlstate(keys, "SELECT * FROM vault_periodkey") == FORBIDDEN
        with logged_in("seuil_reporting") as reporting:
            assert sqlstate(reporting, "SELECT * FROM dossiers_dossier") == FORBIDDEN
            assert reporting.execute("SELECT * FROM reporting_figureresult").fetchall() == []


def seen_by(opened: psycopg.Connection, actor: UUID) -> list[tuple[Any, ...]]:
    with opened.transaction():
        opened.execute("SELECT set_config('seuil.actor', %s, true)", [str(actor)])
        return opened.execute("SELECT id FROM dossiers_dossier").fetchall()
