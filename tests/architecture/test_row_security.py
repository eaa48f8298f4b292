"""Who sees which rows in PostgreSQL: the policies of `config/db_rights/`, seen from the database."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from django.utils import timezone

from accounts.grants import grant, revoke
from accounts.models import Organisation, User
from accounts.operations import siao as the_siao
from audit import journal
from audit.models import Entry
from cases.dossiers.models import Dossier, DossierGroupGrant, DossierUserGrant, Outcome
from cases.housing.operations import record_past_outcome
from config.db_rights import OF_A_DOSSIER
from core import jobs
from core.db import acting_as
from core.models import Job
from exchange.models import CodedColumn, ColumnMapping, PendingImport, ValueMapping
from exchange.operations import remember, tell_values
from exchange.reading.columns import Correspondence
from tests.architecture.tables import (
    BY_COLUMN,
    FORBIDDEN,
    GRANTS,
    KEPT,
    NEVER_REWRITTEN,
    RLS,
    count,
    tables,
    with_column,
)
from tests.factories import make_dossier
from tests.fixtures import Cast, as_role, execute, refusal

pytestmark = pytest.mark.django_db
# tables that name a dossier, or what belongs to one, and are not hidden by row, and why
OPEN: dict[str, str] = {}
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
COLUMNS_OF = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"


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
