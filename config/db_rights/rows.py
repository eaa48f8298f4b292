"""Which rows each role sees: the policies of dossiers, of what hangs on them, of what is one person's alone."""

from __future__ import annotations

# A dossier repeats the teams to whom it is open without end: for most, nothing else is asked (ADR 0015). The first team
# of each side is compared first, which is quickest; then hers with all of the row's. What is protected asks for a
# person's grant; those of teams come last.
# EXISTS for what hangs on a dossier: by index when they are few.
# Creating a dossier comes before its grants, so its INSERT is free; everything else asks for a live grant.
DOSSIER = """
ALTER TABLE dossiers_dossier ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_reads ON dossiers_dossier;
DROP POLICY IF EXISTS web_creates ON dossiers_dossier;
DROP POLICY IF EXISTS web_changes ON dossiers_dossier;
DROP POLICY IF EXISTS worker ON dossiers_dossier;
CREATE POLICY web_reads ON dossiers_dossier FOR SELECT TO seuil_web
  USING (first_team = (SELECT (seuil_teams(seuil_actor()))[1])
         OR (SELECT (seuil_teams(seuil_actor()))[1]) = ANY (open_to)
         OR (SELECT cardinality(seuil_teams(seuil_actor())) > 1) AND open_to && (SELECT seuil_teams(seuil_actor()))
         OR id IN (SELECT seuil_granted())
         OR NOT is_protected AND id IN (SELECT seuil_granted_to_teams()));
CREATE POLICY web_changes ON dossiers_dossier FOR UPDATE TO seuil_web
  USING (first_team = (SELECT (seuil_teams(seuil_actor()))[1])
         OR (SELECT (seuil_teams(seuil_actor()))[1]) = ANY (open_to)
         OR (SELECT cardinality(seuil_teams(seuil_actor())) > 1) AND open_to && (SELECT seuil_teams(seuil_actor()))
         OR id IN (SELECT seuil_granted())
         OR NOT is_protected AND id IN (SELECT seuil_granted_to_teams()));
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

# The members of a séance read the fiches that are open to their team, and nothing of the examen nor of the dossier
# (ADR 0017). Grants are given and ended by who sees the dossier; a fiche told is never told otherwise.
FICHE = """
REVOKE UPDATE ON commission_fiche FROM seuil_web, seuil_worker;
REVOKE UPDATE ON commission_examengroupgrant FROM seuil_web;
GRANT UPDATE (valid_until) ON commission_examengroupgrant TO seuil_web;
-- nothing of a protected dossier is told in writing, whatever was opened before (ADR 0028), nor of a household that
-- took back its agreement to be shown to landlords (of a register, none was asked); for who reads no dossier
CREATE OR REPLACE FUNCTION seuil_is_told(asked uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN
  RETURN EXISTS (SELECT 1 FROM public.commission_examen e JOIN public.dossiers_dossier d ON d.id = e.dossier_id
                  WHERE e.id = asked AND NOT d.is_protected
                    AND (NOT EXISTS (SELECT 1 FROM public.dossiers_agreement a
                                      WHERE a.dossier_id = d.id AND a.purpose = 'LANDLORDS')
                         OR EXISTS (SELECT 1 FROM public.dossiers_agreement a
                                     WHERE a.dossier_id = d.id AND a.purpose = 'LANDLORDS'
                                       AND a.withdrawn_on IS NULL)));
END $$;
REVOKE ALL ON FUNCTION seuil_is_told(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seuil_is_told(uuid) TO seuil_web, seuil_worker;
CREATE OR REPLACE VIEW live_examen_grants WITH (security_invoker = true) AS
  SELECT examen_id FROM commission_examengroupgrant
   WHERE group_id = ANY((SELECT seuil_teams(seuil_actor()))::integer[])
     AND valid_from <= statement_timestamp() AND valid_until > statement_timestamp() AND seuil_is_told(examen_id);
GRANT SELECT ON live_examen_grants TO seuil_web, seuil_worker;
ALTER TABLE commission_examengroupgrant ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_members ON commission_examengroupgrant;
DROP POLICY IF EXISTS web ON commission_examengroupgrant;
DROP POLICY IF EXISTS worker ON commission_examengroupgrant;
CREATE POLICY web_members ON commission_examengroupgrant FOR SELECT TO seuil_web
  USING (group_id = ANY((SELECT seuil_teams(seuil_actor()))::integer[]) AND seuil_is_told(examen_id));
CREATE POLICY web ON commission_examengroupgrant TO seuil_web
  USING (EXISTS (SELECT 1 FROM commission_examen e WHERE e.id = commission_examengroupgrant.examen_id));
CREATE POLICY worker ON commission_examengroupgrant TO seuil_worker USING (true);
DROP POLICY IF EXISTS web_members ON commission_fiche;
CREATE POLICY web_members ON commission_fiche FOR SELECT TO seuil_web
  USING (examen_id IN (SELECT examen_id FROM live_examen_grants));
"""

# Who sees a dossier sees who else does; one always sees what was given to oneself and to one's teams. Giving and ending
# ask to see the dossier; the first grants of a new one are free, in one statement.
GRANTS = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_reads ON {table};
DROP POLICY IF EXISTS web_gives ON {table};
DROP POLICY IF EXISTS web_ends ON {table};
DROP POLICY IF EXISTS worker ON {table};
CREATE POLICY web_reads ON {table} FOR SELECT TO seuil_web USING ({own} OR seuil_sees(dossier_id));
CREATE POLICY web_gives ON {table} FOR INSERT TO seuil_web
  WITH CHECK (seuil_sees(dossier_id) OR seuil_is_unopened(dossier_id));
CREATE POLICY web_ends ON {table} FOR UPDATE TO seuil_web
  USING (seuil_sees(dossier_id)) WITH CHECK (seuil_sees(dossier_id));
CREATE POLICY worker ON {table} TO seuil_worker USING (true);
"""

# What was done on a dossier is read by who sees it, and by who reads the journals; what names none, by all, in pages.
# That somebody wrote of health or of justice is told to their own readers alone; what was done of a piece, to who may
# know of that piece, and its class says so quickest (`config/db_rights/documents.py`). Pieces only seen name none.
# That a person has another dossier is told to who sees both persons: where the likeness or the link itself is seen.
JOURNAL = """
-- with the reader's own eyes, and apart: written in the policy, their tables' policies made the planning of each
-- question to the journal ten times longer than its answer
CREATE OR REPLACE FUNCTION seuil_reads_document(asked uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN
  RETURN EXISTS (SELECT 1 FROM public.dossiers_document d WHERE d.id = asked);
END $$;
CREATE OR REPLACE FUNCTION seuil_reads_link(asked uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN
  RETURN EXISTS (SELECT 1 FROM public.dossiers_personlink l WHERE l.id = asked)
      OR EXISTS (SELECT 1 FROM public.dossiers_likeness l WHERE l.id = asked);
END $$;
REVOKE ALL ON FUNCTION seuil_reads_document(uuid), seuil_reads_link(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seuil_reads_document(uuid), seuil_reads_link(uuid) TO seuil_web, seuil_worker;
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_reads ON audit_entry;
DROP POLICY IF EXISTS web_writes ON audit_entry;
DROP POLICY IF EXISTS worker ON audit_entry;
CREATE POLICY web_reads ON audit_entry FOR SELECT TO seuil_web
  USING (((SELECT seuil_may('audit', 'read_journal')) OR dossier_id IS NULL
          OR EXISTS (SELECT 1 FROM dossiers_dossier d WHERE d.id = audit_entry.dossier_id))
         AND (event NOT LIKE 'health.%' OR (SELECT seuil_may('dossiers', 'write_health'))
              OR (SELECT seuil_may('audit', 'read_journal')))
         AND (event NOT LIKE 'justice.%' OR (SELECT seuil_may('dossiers', 'read_justice'))
              OR (SELECT seuil_may('audit', 'read_journal')))
         AND (event NOT LIKE 'document.%' OR event = 'document.seen'
              OR codes ->> 'klass' = ANY((SELECT seuil_classes())::text[])
              OR (SELECT seuil_may('audit', 'read_journal'))
              OR seuil_reads_document(target_id))
         AND (event NOT IN ('person.linked', 'person.unlinked', 'likeness.answered')
              OR (SELECT seuil_may('audit', 'read_journal'))
              OR seuil_reads_link(target_id)));
CREATE POLICY web_writes ON audit_entry FOR INSERT TO seuil_web WITH CHECK (true);
CREATE POLICY worker ON audit_entry TO seuil_worker USING (true);
"""

# What was opened in an emergency is told to who did, to who sees the dossier, and to who examines it.
URGENCY = """
ALTER TABLE dossiers_urgentopening ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_reads ON dossiers_urgentopening;
DROP POLICY IF EXISTS web_tells ON dossiers_urgentopening;
DROP POLICY IF EXISTS web_examines ON dossiers_urgentopening;
DROP POLICY IF EXISTS worker ON dossiers_urgentopening;
CREATE POLICY web_reads ON dossiers_urgentopening FOR SELECT TO seuil_web
  USING (opened_by_id = (SELECT seuil_actor()) OR seuil_sees(dossier_id)
         OR (SELECT seuil_may('audit', 'read_journal')));
CREATE POLICY web_tells ON dossiers_urgentopening FOR INSERT TO seuil_web
  WITH CHECK (opened_by_id = (SELECT seuil_actor()) AND seuil_sees(dossier_id));
CREATE POLICY web_examines ON dossiers_urgentopening FOR UPDATE TO seuil_web
  USING ((SELECT seuil_may('audit', 'read_journal')));
CREATE POLICY worker ON dossiers_urgentopening TO seuil_worker USING (true);
REVOKE UPDATE ON dossiers_urgentopening FROM seuil_web;
GRANT UPDATE (examined_at, examined_by_id) ON dossiers_urgentopening TO seuil_web;
"""

# A job is its owner's alone.
JOB = """
ALTER TABLE core_job ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON core_job;
DROP POLICY IF EXISTS worker ON core_job;
CREATE POLICY web ON core_job TO seuil_web USING (owner_id = (SELECT seuil_actor()));
CREATE POLICY worker ON core_job TO seuil_worker USING (true);
"""

# A search by name is who looked for it alone's.
NAME_SEARCH = """
ALTER TABLE dossiers_namesearch ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON dossiers_namesearch;
DROP POLICY IF EXISTS worker ON dossiers_namesearch;
CREATE POLICY web ON dossiers_namesearch TO seuil_web USING (owner_id = (SELECT seuil_actor()));
CREATE POLICY worker ON dossiers_namesearch TO seuil_worker USING (true);
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

# What was told of the columns of a register, and of the words of SI-SIAO, is its organisation's alone.
MAPPING = """
ALTER TABLE exchange_valuemapping ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON exchange_valuemapping;
DROP POLICY IF EXISTS worker ON exchange_valuemapping;
CREATE POLICY web ON exchange_valuemapping TO seuil_web USING (organisation_id IN (
  SELECT id FROM accounts_organisation WHERE team_id = ANY((SELECT seuil_teams(seuil_actor()))::integer[])));
CREATE POLICY worker ON exchange_valuemapping TO seuil_worker USING (true);
ALTER TABLE exchange_columnmapping ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON exchange_columnmapping;
DROP POLICY IF EXISTS worker ON exchange_columnmapping;
CREATE POLICY web ON exchange_columnmapping TO seuil_web USING (organisation_id IN (
  SELECT id FROM accounts_organisation WHERE team_id = ANY((SELECT seuil_teams(seuil_actor()))::integer[])));
CREATE POLICY worker ON exchange_columnmapping TO seuil_worker USING (true);
"""
