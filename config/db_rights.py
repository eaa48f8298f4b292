"""Who may do what in PostgreSQL: one page, read by auditors, applied at the end of every `migrate`.

Idempotent. Roles: `seuil_web` serves people, under row-level security; `seuil_worker` works alone;
`seuil_reporting` reads published figures; `seuil_treasury` reads nothing yet. The owner only migrates.
"""

from __future__ import annotations

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

# Tables whose rows belong to a dossier, by the column that names it: the web role sees those of its grants.
OF_A_DOSSIER = {
    "dossiers_participant": "dossier_id",
    "dossiers_evaluation": "dossier_id",
    "dossiers_housingrequest": "dossier_id",
    "dossiers_residentialsituation": "dossier_id",
    "dossiers_dossierevent": "dossier_id",
    "dossiers_hold": "dossier_id",
    "commission_examen": "dossier_id",
    "commission_snapshot": "dossier_id",
    "housing_lease": "dossier_id",
    "support_measure": "dossier_id",
}

EVERYONE = """
GRANT USAGE ON SCHEMA public TO seuil_web, seuil_worker, seuil_reporting;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM seuil_web, seuil_worker, seuil_reporting, seuil_treasury;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO seuil_web, seuil_worker;
"""

DEFAULT = """
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO seuil_web, seuil_worker;
GRANT DELETE ON django_session TO seuil_web, seuil_worker;
-- the journal: written and read, never rewritten
REVOKE UPDATE ON audit_entry FROM seuil_web, seuil_worker;
-- what happened to a situation: a correction is another row
REVOKE UPDATE ON dossiers_dossierevent FROM seuil_web, seuil_worker;
-- work to do: the web role posts, the worker does
REVOKE SELECT, UPDATE ON core_outboxmessage FROM seuil_web;
GRANT DELETE ON core_outboxmessage TO seuil_worker;
-- jobs: the web role asks for one and may ask it to stop, the worker tells the rest
REVOKE UPDATE ON core_job FROM seuil_web;
GRANT UPDATE (stop_asked) ON core_job TO seuil_web;
GRANT DELETE ON core_job TO seuil_worker;
-- facts and figures are made by the worker alone; facts are not even read by the web
REVOKE ALL ON reporting_fact, reporting_figureresult FROM seuil_web;
GRANT SELECT ON reporting_figureresult TO seuil_web, seuil_reporting;
GRANT DELETE ON reporting_fact, reporting_figureresult TO seuil_worker;
-- files received: deleted once imported or given up
GRANT DELETE ON exchange_pendingimport, exchange_pendingfile TO seuil_web, seuil_worker;
-- reference data and the list of migrations
REVOKE INSERT, UPDATE ON django_migrations, auth_permission, django_content_type FROM seuil_web, seuil_worker;
REVOKE INSERT, UPDATE ON auth_group_permissions, dossiers_motive FROM seuil_web;

CREATE OR REPLACE FUNCTION seuil_actor() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT current_setting('seuil.actor')::uuid $$;
CREATE OR REPLACE FUNCTION seuil_view_dossier() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT p.id FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
     WHERE p.codename = 'view_dossier' AND c.app_label = 'dossiers' $$;
CREATE OR REPLACE VIEW live_grants WITH (security_invoker = true) AS
  SELECT dossier_id FROM dossiers_dossierusergrant
   WHERE user_id = (SELECT seuil_actor()) AND permission_id = (SELECT seuil_view_dossier())
     AND valid_from <= statement_timestamp() AND (valid_until IS NULL OR valid_until > statement_timestamp())
  UNION ALL
  SELECT dossier_id FROM dossiers_dossiergroupgrant
   WHERE permission_id = (SELECT seuil_view_dossier())
     AND valid_from <= statement_timestamp() AND (valid_until IS NULL OR valid_until > statement_timestamp())
     AND group_id IN (
       SELECT o.team_id FROM accounts_membership m JOIN accounts_organisation o ON o.id = m.organisation_id
        WHERE m.user_id = (SELECT seuil_actor())
          AND m.valid_from <= statement_timestamp()
          AND (m.valid_until IS NULL OR m.valid_until > statement_timestamp()));
GRANT SELECT ON live_grants TO seuil_web, seuil_worker;

-- how the outbox is doing, in figures, for who may not read it
CREATE OR REPLACE FUNCTION seuil_outbox(OUT open bigint, OUT failing bigint, OUT attempts bigint, OUT late float8)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
  $$ SELECT count(*), count(*) FILTER (WHERE attempts > 0), coalesce(sum(attempts), 0),
            coalesce(greatest(extract(epoch FROM statement_timestamp()
              - min(due_at) FILTER (WHERE task <> 'job.run')), 0), 0) -- a job may be long: its page tells how far it is
     FROM public.core_outboxmessage WHERE done_at IS NULL $$;
REVOKE ALL ON FUNCTION seuil_outbox() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seuil_outbox() TO seuil_web, seuil_worker;
"""

# EXISTS, not IN: PostgreSQL then chooses, for one dossier an index look-up, for all of them a hash made once.
# Creating a dossier comes before its grants, so its INSERT is free; everything else asks for a live grant.
DOSSIER = """
ALTER TABLE dossiers_dossier ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_reads ON dossiers_dossier;
DROP POLICY IF EXISTS web_creates ON dossiers_dossier;
DROP POLICY IF EXISTS web_changes ON dossiers_dossier;
DROP POLICY IF EXISTS worker ON dossiers_dossier;
CREATE POLICY web_reads ON dossiers_dossier FOR SELECT TO seuil_web
  USING (EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_dossier.id));
CREATE POLICY web_changes ON dossiers_dossier FOR UPDATE TO seuil_web
  USING (EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_dossier.id));
CREATE POLICY web_creates ON dossiers_dossier FOR INSERT TO seuil_web WITH CHECK (true);
CREATE POLICY worker ON dossiers_dossier TO seuil_worker USING (true);
"""

# A person is seen through the situations she takes part in (`dossiers_participant` is itself under row security).
PERSON = """
ALTER TABLE dossiers_person ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_reads ON dossiers_person;
DROP POLICY IF EXISTS web_creates ON dossiers_person;
DROP POLICY IF EXISTS web_changes ON dossiers_person;
DROP POLICY IF EXISTS worker ON dossiers_person;
CREATE POLICY web_reads ON dossiers_person FOR SELECT TO seuil_web
  USING (EXISTS (SELECT 1 FROM dossiers_participant p WHERE p.person_id = dossiers_person.id));
CREATE POLICY web_changes ON dossiers_person FOR UPDATE TO seuil_web
  USING (EXISTS (SELECT 1 FROM dossiers_participant p WHERE p.person_id = dossiers_person.id));
CREATE POLICY web_creates ON dossiers_person FOR INSERT TO seuil_web WITH CHECK (true);
CREATE POLICY worker ON dossiers_person TO seuil_worker USING (true);
"""

CHILD = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON {table};
DROP POLICY IF EXISTS worker ON {table};
CREATE POLICY web ON {table} TO seuil_web
  USING (EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = {table}.{column}));
CREATE POLICY worker ON {table} TO seuil_worker USING (true);
"""

# A job is its owner's alone.
JOB = """
ALTER TABLE core_job ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON core_job;
DROP POLICY IF EXISTS worker ON core_job;
CREATE POLICY web ON core_job TO seuil_web USING (owner_id = (SELECT seuil_actor()));
CREATE POLICY worker ON core_job TO seuil_worker USING (true);
"""

# Files received are their sender's alone.
PENDING = """
ALTER TABLE exchange_pendingimport ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON exchange_pendingimport;
DROP POLICY IF EXISTS worker ON exchange_pendingimport;
CREATE POLICY web ON exchange_pendingimport TO seuil_web USING (owner_id = (SELECT seuil_actor()));
CREATE POLICY worker ON exchange_pendingimport TO seuil_worker USING (true);
ALTER TABLE exchange_pendingfile ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON exchange_pendingfile;
DROP POLICY IF EXISTS worker ON exchange_pendingfile;
CREATE POLICY web ON exchange_pendingfile TO seuil_web USING (pending_id IN (SELECT id FROM exchange_pendingimport));
CREATE POLICY worker ON exchange_pendingfile TO seuil_worker USING (true);
"""

KEYSTORE = """
GRANT SELECT, INSERT ON vault_dek TO seuil_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON vault_dek, vault_periodkey TO seuil_worker;
GRANT SELECT ON django_migrations TO seuil_web, seuil_worker;
"""


def apply(connection: BaseDatabaseWrapper) -> None:
    """Apply this page to one of the two databases, as its owner; at once, for those at work meanwhile."""
    if connection.alias == "keystore":
        pages = [EVERYONE, KEYSTORE]
    else:
        children = [CHILD.format(table=table, column=column) for table, column in OF_A_DOSSIER.items()]
        pages = [EVERYONE, DEFAULT, DOSSIER, PERSON, JOB, PENDING, *children]
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for page in pages:
            cursor.execute(page)
