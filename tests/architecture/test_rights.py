"""Who may do what in PostgreSQL: the page `config/db_rights/`, seen from the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from accounts.models import User
from cases.dossiers.models import Dossier
from config.db_rights import COLUMNS, apply
from core.db import acting_as
from tests.architecture.tables import BY_COLUMN, BY_FUNCTION, FORBIDDEN, GRANTS, KEPT, NEVER_REWRITTEN, tables
from tests.factories import make_dossier
from tests.fixtures import as_role, execute, refusal

pytestmark = pytest.mark.django_db
WEB_DELETES = {
    *("accounts_session", "accounts_sharedcount", "accounts_calendaraddress", "mfa_authenticator"),
    *("exchange_pendingimport", "exchange_pendingfile"),
    *("dossiers_resourceline", "dossiers_chargeline", "dossiers_debtline"),
    *("dossiers_answerdraft", "dossiers_keptwriting", "dossiers_keptview"),
    "dossiers_personindex",  # a person is printed again: her prints go first
}
WORKER_DELETES = WEB_DELETES | {
    "dossiers_namesearch",
    "reporting_fact",
    "reporting_figureresult",
    "core_outboxmessage",
    "core_job",
}
WORKERS_ALONE = {"reporting_fact", "reporting_figureresult", "core_outboxmessage"}
PIECE_CHANGES = {"checked_at", "checked_by_id", "removed_at", "removed_by_id", "removal"}
# what who counts and who pays may read, column by column
READ = {
    "seuil_reporting": {("reporting_figureresult", name) for name in ("figure", "period", "value", "computed_at")},
    "seuil_treasury": {("accounts_organisation", name) for name in ("id", "name", "sort_key", "kind")},
}
REFERENCE = {"django_migrations", "auth_permission", "django_content_type"}


def may(role: str, privilege: str) -> set[str]:
    """Tables on which the role has the privilege."""
    found = execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        " AND has_table_privilege(%s, oid, %s)",
        role,
        privilege,
    )
    return {name for (name,) in found} & tables()


class TestPrivileges:
    def test_of_the_web(self) -> None:
        every = tables()
        assert may("seuil_web", "DELETE") == WEB_DELETES
        assert may("seuil_web", "TRUNCATE") == set()
        assert may("seuil_web", "REFERENCES") | may("seuil_web", "TRIGGER") == set()
        assert every - may("seuil_web", "SELECT") == {"core_outboxmessage", "reporting_fact"}
        made_by_migrate = {"auth_group_permissions", "accounts_letter", "accounts_texthint"}
        closed = NEVER_REWRITTEN | WORKERS_ALONE | REFERENCE | KEPT | BY_COLUMN | made_by_migrate
        assert every - may("seuil_web", "UPDATE") == closed
        assert (
            every - may("seuil_web", "INSERT")
            == (WORKERS_ALONE - {"core_outboxmessage"}) | REFERENCE | made_by_migrate | BY_FUNCTION
        )

    def test_columns_that_the_web_changes(self) -> None:
        found = execute(
            "SELECT table_name, column_name FROM information_schema.column_privileges WHERE grantee = 'seuil_web'"
            " AND privilege_type = 'UPDATE' AND table_name = ANY(%s)",
            sorted(BY_COLUMN),
        )
        changed: dict[str, set[str]] = {}
        for table, column in found:
            changed.setdefault(table, set()).add(column)
        assert changed == {
            "accounts_invitation": {
                *("email", "sendings", "token_hash", "expires_at", "invited_at"),
                *("accepted_at", "accepted_by_id", "withdrawn_at", "withdrawn_by_id"),
            },
            "accounts_calendaraddress": {"token_hash", "opened_at", "last_read_on"},
            "accounts_membership": {"valid_until", "in_charge"},
            "commission_examengroupgrant": {"valid_until"},
            "accounts_texthint": {"words", "suggestion", "is_active"},
            "core_job": {"stop_asked"},
            "dossiers_agreement": {"withdrawn_on", "withdrawn_at"},
            "dossiers_commune": {"name", "sort_key", "is_active"},
            "dossiers_document": PIECE_CHANGES,
            "dossiers_motive": {"label", "rank", "is_active"},
            "dossiers_piecekind": {"label", "whose", "months", "step", "household_types", "rank", "is_active"},
            "dossiers_piecerequest": {"closed_at", "document_id"},
            "dossiers_likeness": {"answer", "answered_at", "answered_by_id"},
            "dossiers_personlink": {"undone_at", "undone_by_id"},
            "dossiers_prescription": {"informed", "agreed_on", "no_agreement", "no_agreement_note"},
            "dossiers_reminder": {"due_on", "done_at", "done_by_id"},
            "dossiers_urgentopening": {"examined_at", "examined_by_id"},
            **{table: {"valid_until"} for table in GRANTS},
        }

    def test_of_the_worker(self) -> None:
        every = tables()
        assert may("seuil_worker", "DELETE") == WORKER_DELETES
        assert may("seuil_worker", "TRUNCATE") == set()
        assert every - may("seuil_worker", "SELECT") == set()
        sends_only = {"accounts_invitation", "accounts_letter"}
        by_column = {"dossiers_document", "dossiers_prescription"}
        assert every - may("seuil_worker", "UPDATE") == NEVER_REWRITTEN | REFERENCE | KEPT | sends_only | by_column

    @pytest.mark.parametrize("role", COLUMNS)
    def test_of_the_others_column_by_column(self, role: str) -> None:
        """Exactly what is listed: every column of every table and view is asked."""
        read = execute(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'f')"
            " AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(%s, c.oid, a.attnum, 'SELECT')",
            role,
        )
        listed = {(table, column) for table, columns in COLUMNS[role].items() for column in columns}
        assert set(read) == listed == READ[role]
        for privilege in ("INSERT", "UPDATE", "REFERENCES"):
            written = execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
                " AND has_any_column_privilege(%s, oid, %s)",
                role,
                privilege,
            )
            assert written == [], privilege
        for privilege in ("SELECT", "DELETE", "TRUNCATE", "TRIGGER"):
            assert may(role, privilege) == set(), privilege

    @pytest.mark.parametrize("role", COLUMNS)
    def test_what_the_others_read_and_nothing_else(self, full: Dossier, role: str) -> None:
        with as_role(role):
            for table, columns in COLUMNS[role].items():
                execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608
            for table in sorted(tables() - COLUMNS[role].keys()):
                assert refusal(partial(execute, f"SELECT 1 FROM {table}")).sqlstate == FORBIDDEN, table  # noqa: S608
            assert refusal(partial(execute, "SELECT * FROM live_grants")).sqlstate == FORBIDDEN

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
                "SELECT t, p FROM unnest(ARRAY['vault_dek', 'vault_periodkey', 'vault_indexroot']) t,"
                " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p"
                " WHERE has_table_privilege('seuil_web', t, p)"
            )
            assert set(cursor.fetchall()) == {
                (table, privilege) for table in ("vault_dek", "vault_indexroot") for privilege in ("SELECT", "INSERT")
            }

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
                "UPDATE dossiers_motive SET level = 'ISSUE'",
                "UPDATE accounts_listchange SET after = '{}'",
                "UPDATE accounts_letterversion SET sentence = 'autre'",
                "UPDATE accounts_membership SET role = 'dpo'",
                "UPDATE accounts_confirmation SET quarter = '2020-01-01'",
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
