"""Who may do what in PostgreSQL: the page `config/db_rights/`, seen from the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, connections
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from accounts.grants import grant, revoke
from accounts.models import Organisation, User
from accounts.operations import siao as the_siao
from audit import journal
from audit.models import Entry
from cases.dossiers.models import Dossier, DossierGroupGrant, DossierUserGrant, Outcome, Purpose
from cases.dossiers.operations import (
    Answer,
    AskedPiece,
    NewAgreement,
    ask_pieces,
    complete_entry,
    give_agreement,
    household,
    remind,
)
from cases.dossiers.operations.household.births import NewAnimals
from cases.housing.models import LeaseKind, Parc
from cases.housing.operations import PastLease, record_past_lease, record_past_outcome
from cases.support.models import MeasureKind
from cases.support.operations import record_past_measure
from commission.models import ExamenState
from commission.operations import PastExamen, record_past_examen, record_past_seance
from commission.operations.fiches import tell
from config.db_rights import COLUMNS, OF_A_DOSSIER, apply
from core import jobs
from core.db import acting_as
from core.models import Job
from exchange.models import CodedColumn, ColumnMapping, PendingImport, ValueMapping
from exchange.operations import remember, tell_values
from exchange.reading.columns import Correspondence
from tests.dossiers.answering import fill
from tests.exchange.answers import tell_si_siao
from tests.factories import letter_of, make_dossier
from tests.fixtures import Cast, as_role, execute, refusal

pytestmark = pytest.mark.django_db
FORBIDDEN, RLS = "42501", "42501"
# tables that name a dossier, or what belongs to one, and are not hidden by row, and why
OPEN: dict[str, str] = {}
GRANTS = {"dossiers_dossierusergrant", "dossiers_dossiergroupgrant"}
# hidden by row with a rule of their own, beside the dossier's
OTHERWISE = {
    "dossiers_dossier",
    "dossiers_person",
    "audit_entry",
    "dossiers_urgentopening",
    "exchange_pendingfile",
    "exchange_columnmapping",
    "exchange_valuemapping",
    "commission_examengroupgrant",
    "dossiers_document",
    "dossiers_documentcontent",
    "dossiers_namesearch",
    "dossiers_keptview",
    "dossiers_healthanswer",
    "dossiers_justiceanswer",
    "dossiers_answerdraft",
    "dossiers_personindex",
    "dossiers_likeness",
    "dossiers_personlink",
    "exchange_importeddossier",
    *GRANTS,
}
HIDDEN = {"dossiers_dossier": "id", "dossiers_person": "id", **OF_A_DOSSIER}
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
NEVER_REWRITTEN = {"audit_entry", "dossiers_dossierevent", "commission_fiche"} | {
    "dossiers_documentcontent",
    "dossiers_personindex",
}
WORKERS_ALONE = {"reporting_fact", "reporting_figureresult", "core_outboxmessage"}
# where the web changes some columns alone (`test_columns_that_the_web_changes`)
BY_COLUMN = {
    *("accounts_calendaraddress", "accounts_invitation", "accounts_membership", "commission_examengroupgrant"),
    *("core_job", "dossiers_commune", "dossiers_motive", "dossiers_urgentopening", "accounts_texthint"),
    *("dossiers_document", "dossiers_piecekind", "dossiers_piecerequest", "dossiers_agreement"),
    *("dossiers_likeness", "dossiers_personlink"),
    *("dossiers_prescription", "dossiers_reminder"),
    *GRANTS,
}
PIECE_CHANGES = {"checked_at", "checked_by_id", "removed_at", "removed_by_id", "removal"}
# history, and what is kept for an hour: a row is never rewritten
KEPT = {"accounts_listchange", "accounts_letterversion", "accounts_confirmation", "dossiers_keptwriting"}
KEPT |= {"exchange_columnmapping", "exchange_valuemapping", "exchange_recognised", "exchange_keptdifference"}
KEPT |= {"dossiers_keptview", "exchange_import"}
# written by a function of the owner's alone (`config/db_rights/undo.py`)
BY_FUNCTION = {"exchange_importeddossier", "exchange_importedseance"}
KEPT |= BY_FUNCTION
# what who counts and who pays may read, column by column
READ = {
    "seuil_reporting": {("reporting_figureresult", name) for name in ("figure", "period", "value", "computed_at")},
    "seuil_treasury": {("accounts_organisation", name) for name in ("id", "name", "sort_key", "kind")},
}
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
    tell(seance, [record_past_examen(dossier, PastExamen(seance, ExamenState.VALIDEE), by=None)], by=None)
    record_past_lease(dossier, PastLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, date(2023, 5, 2), None), by=None)
    record_past_measure(dossier, MeasureKind.AVDL, by=None)
    letter_of(dossier)
    today = timezone.localdate()
    ask_pieces(dossier.pk, [AskedPiece("RESSOURCES")], whom="CAF", due_on=today, by=None, on=today)
    household.enter_household(
        dossier.pk, household.Identity("Orsel"), household.Place("ENFANT", "ENFANT"), on=None, by=None
    )
    household.expect_birth(dossier.pk, timezone.localdate(), by=None)
    household.note_animals(dossier.pk, NewAnimals(cats=2), by=None)
    fill(dossier, siao)
    remind(dossier.pk, text="Rappeler la CAF.", due_on=today, by=siao)
    give_agreement(dossier.pk, NewAgreement(Purpose.LANDLORDS, date(2023, 3, 1)), by=None)
    complete_entry(dossier.pk, Answer("ORALLY", agreed_on=date(2023, 1, 12)), by=None)
    tell_si_siao(dossier, siao)
    return dossier


def count(table: str) -> int:
    return int(execute(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608


class TestRowLevelSecurity:
    def test_no_table_of_a_dossier_is_forgotten(self) -> None:
        """Neither one that names a dossier, nor one whose foreign keys lead to such a table, however far."""
        secured = {name for (name,) in execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r'")}
        bearing = (
            with_column("dossier_id") | with_column("person_id") | with_column("subject_id") | {"dossiers_dossier"}
        )
        links = execute(
            "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
        )
        while further := {table for table, to in links if to in bearing} - bearing:
            bearing |= further
        assert (bearing & tables()) - secured == set(OPEN)
        assert with_column("dossier_id") & secured == set(OF_A_DOSSIER) | GRANTS | {
            "audit_entry",
            "dossiers_document",
            "dossiers_documentcontent",
            "dossiers_urgentopening",
            "exchange_importeddossier",
            *("dossiers_healthanswer", "dossiers_justiceanswer", "dossiers_answerdraft"),
        }
        assert bearing & secured - OTHERWISE == set(OF_A_DOSSIER)

    def test_what_the_policies_read_is_the_owners_and_no_superusers(self) -> None:
        """`live_grants` passes over row security, as its owner: never a superuser."""
        assert execute("SELECT viewowner FROM pg_views WHERE viewname = 'live_grants'") == [("seuil_owner",)]
        definers = execute(
            "SELECT proname, pg_get_userbyid(proowner), array_to_string(proconfig, ';') FROM pg_proc"
            " WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        )
        assert {owner for _, owner, _ in definers} == {"seuil_owner"}
        for name, _, settings in definers:
            assert settings.startswith("search_path=pg_catalog, public, pg_temp"), name
        functions = execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
            " AND prorettype <> 'trigger'::regtype AND has_function_privilege('seuil_reporting', oid, 'EXECUTE')"
        )
        assert functions == []

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
            if table not in NEVER_REWRITTEN | BY_COLUMN | KEPT:
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
        columns = [name for (name,) in execute(COLUMNS_OF, table)]
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

    def test_grants_are_seen_by_who_sees_the_dossier_and_by_whom_they_serve(self, cast: Cast) -> None:
        dossier, hidden = make_dossier(), make_dossier()
        revoke(hidden, of=the_siao().team)
        fol = Organisation.objects.known_as("FOL 73").get().team
        mine: list[object] = [
            grant(dossier, to=cast["toit"], reason="x", by=None).pk,
            grant(dossier, to=fol, reason="x", by=None).pk,
        ]
        ended = DossierGroupGrant.ever.get(content_object=hidden).pk
        with acting_as(cast["toit"]):  # sees the dossier: sees all its grants
            assert set(DossierUserGrant.ever.values_list("pk", flat=True)) == {mine[0]}
            assert DossierGroupGrant.ever.filter(content_object=dossier).count() == 2
            assert not DossierGroupGrant.ever.filter(content_object=hidden).exists()
        with acting_as(cast["siao"]):  # what was her team's, of a dossier that she no longer sees
            assert set(DossierGroupGrant.ever.filter(content_object=hidden).values_list("pk", flat=True)) == {ended}
        with acting_as(cast["etranger"]):
            assert count("dossiers_dossierusergrant") == count("dossiers_dossiergroupgrant") == 0
        with as_role("seuil_worker"):
            assert (count("dossiers_dossierusergrant"), count("dossiers_dossiergroupgrant")) == (1, 3)

    def test_nobody_opens_what_she_does_not_see(self, dossier: Dossier, etranger: User, siao: User) -> None:
        with acting_as(etranger):
            for to in (etranger, the_siao().team):
                error = refusal(partial(grant, dossier, to=to, reason="x", by=etranger))
                assert (error.sqlstate, "row-level security" in str(error)) == (RLS, True)
        over = grant(dossier, to=etranger, reason="x", by=None)
        assert revoke(dossier, of=etranger) == 1
        with acting_as(etranger):  # her own, over: she reads it, and does not prolong it
            again = DossierUserGrant.ever.filter(pk=over.pk)
            assert again.exists()
            assert again.update(valid_until=None) == 0
        with acting_as(siao):
            for change in ("dossier_id = dossier_id", "user_id = user_id", "valid_from = valid_from", "reason = 'y'"):
                error = refusal(lambda: execute(f"UPDATE dossiers_dossierusergrant SET {change}"))  # noqa: B023, S608
                assert error.sqlstate == FORBIDDEN

    def test_the_journal_of_a_dossier_is_for_who_sees_it_and_for_the_dpo(self, cast: Cast) -> None:
        dossier = make_dossier("bare")
        journal.record("account.signed_in", target=cast["siao"].pk, by=None)
        told = Entry.objects.filter(dossier_id=dossier.pk).count()
        assert told > 0
        readers = {name for name, user in cast.items() if _reads_journal_of(dossier, user) == told}
        assert readers == {"siao", "siao2", "animation", "dpo"}
        assert {name for name, user in cast.items() if _reads_journal_of(dossier, user)} == readers
        for user in cast.values():
            with acting_as(user):
                assert Entry.objects.filter(event="account.signed_in").count() == 1
        with acting_as(cast["etranger"]):  # one may always tell what one has done
            journal.record("dossier.tried", target=dossier.pk, dossier=dossier.pk, by=cast["etranger"])
        with as_role("seuil_worker"):
            assert Entry.objects.filter(dossier_id=dossier.pk).count() == told + 1

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

    def test_what_was_told_of_columns_is_its_organisation_s_alone(self, siao: User, etranger: User) -> None:
        told = Correspondence(frozenset({"patronyme"}), {"patronyme": "last_name"})
        with acting_as(siao):
            made = remember(told, "Tableau d’essai", by=siao)
            assert ColumnMapping.objects.get() == made
            assert (
                refusal(lambda: execute("UPDATE exchange_columnmapping SET is_withdrawn = true")).sqlstate == FORBIDDEN
            )
        with acting_as(etranger):
            assert not ColumnMapping.objects.exists()
            copy = ColumnMapping(
                subject_id=made.subject_id,
                organisation_id=made.organisation_id,
                name="x",
                headers="{}",
                told_at=timezone.now(),
                told_by=etranger,
            )
            assert refusal(lambda: copy.save(force_insert=True)).sqlstate == RLS

    def test_what_words_of_si_siao_mean_is_its_organisation_s_alone(self, siao: User, etranger: User) -> None:
        with acting_as(siao):
            tell_values({(CodedColumn.STATUS, "transmise"): "PRESCRIT"}, by=siao)
            made = ValueMapping.objects.get()
            assert refusal(lambda: execute("UPDATE exchange_valuemapping SET code = ''")).sqlstate == FORBIDDEN
        with acting_as(etranger):
            assert not ValueMapping.objects.exists()
            copy = ValueMapping(
                subject_id=made.subject_id,
                organisation_id=made.organisation_id,
                column=made.column,
                word="x",
                told_at=timezone.now(),
                told_by=etranger,
            )
            assert refusal(lambda: copy.save(force_insert=True)).sqlstate == RLS

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


def _reads_journal_of(dossier: Dossier, user: User) -> int:
    with acting_as(user):
        return Entry.objects.filter(dossier_id=dossier.pk).count()


COLUMNS_OF = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"


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
