"""What PostgreSQL keeps of the answers of an evaluation; and apart, of health, of justice, of what is not yet settled.

The rest of the page of rights, `config/db_rights/`, applies it.
"""

from __future__ import annotations

ANSWERS = """
-- whether a row may still be written beside this evaluation: it is this dossier's, and not frozen. What COPY brings
-- before its evaluation passes: the foreign key is looked at when the transaction ends.
CREATE OR REPLACE FUNCTION seuil_evaluation_takes(asked uuid, of_dossier uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN
  RETURN NOT EXISTS (SELECT 1 FROM public.dossiers_evaluation e
                      WHERE e.id = asked AND (e.frozen_at IS NOT NULL OR e.dossier_id <> of_dossier));
END $$;
REVOKE ALL ON FUNCTION seuil_evaluation_takes(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seuil_evaluation_takes(uuid, uuid) TO seuil_web, seuil_worker;
-- lines of a table are taken out; a text that waited is settled, one kept for an hour is taken up or over
GRANT DELETE ON dossiers_resourceline, dossiers_chargeline, dossiers_debtline, dossiers_answerdraft,
  dossiers_keptwriting TO seuil_web, seuil_worker;
-- an agreement is given, then taken back: nothing else of it changes
REVOKE UPDATE ON dossiers_agreement FROM seuil_web;
GRANT UPDATE (withdrawn_on, withdrawn_at) ON dossiers_agreement TO seuil_web;
"""

# Health is written and read by who cares; a social worker reads what is shared. Justice is written by the SIAO, and
# read by the social worker. To all others, neither exists. A text that waits, and one kept for an hour, are their
# writer's.
APART = """
ALTER TABLE dossiers_healthanswer ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_reads ON dossiers_healthanswer;
DROP POLICY IF EXISTS web_writes ON dossiers_healthanswer;
DROP POLICY IF EXISTS worker ON dossiers_healthanswer;
CREATE POLICY web_reads ON dossiers_healthanswer FOR SELECT TO seuil_web
  USING ((SELECT seuil_may('dossiers', 'read_health')) AND shared_on IS NOT NULL
         AND EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_healthanswer.dossier_id));
CREATE POLICY web_writes ON dossiers_healthanswer TO seuil_web
  USING ((SELECT seuil_may('dossiers', 'write_health'))
         AND EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_healthanswer.dossier_id));
CREATE POLICY worker ON dossiers_healthanswer TO seuil_worker USING (true);
ALTER TABLE dossiers_justiceanswer ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_reads ON dossiers_justiceanswer;
DROP POLICY IF EXISTS web_writes ON dossiers_justiceanswer;
DROP POLICY IF EXISTS worker ON dossiers_justiceanswer;
CREATE POLICY web_reads ON dossiers_justiceanswer FOR SELECT TO seuil_web
  USING ((SELECT seuil_may('dossiers', 'read_justice'))
         AND EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_justiceanswer.dossier_id));
CREATE POLICY web_writes ON dossiers_justiceanswer TO seuil_web
  USING ((SELECT seuil_may('dossiers', 'write_justice'))
         AND EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_justiceanswer.dossier_id));
CREATE POLICY worker ON dossiers_justiceanswer TO seuil_worker USING (true);
ALTER TABLE dossiers_answerdraft ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON dossiers_answerdraft;
DROP POLICY IF EXISTS worker ON dossiers_answerdraft;
CREATE POLICY web ON dossiers_answerdraft TO seuil_web
  USING (owner_id = (SELECT seuil_actor())
         AND EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_answerdraft.dossier_id));
CREATE POLICY worker ON dossiers_answerdraft TO seuil_worker USING (true);
ALTER TABLE dossiers_keptwriting ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_keeps ON dossiers_keptwriting;
DROP POLICY IF EXISTS web_reads ON dossiers_keptwriting;
DROP POLICY IF EXISTS web_takes ON dossiers_keptwriting;
DROP POLICY IF EXISTS worker ON dossiers_keptwriting;
CREATE POLICY web_keeps ON dossiers_keptwriting FOR INSERT TO seuil_web WITH CHECK (true);
CREATE POLICY web_reads ON dossiers_keptwriting FOR SELECT TO seuil_web USING (owner_id = (SELECT seuil_actor()));
CREATE POLICY web_takes ON dossiers_keptwriting FOR DELETE TO seuil_web USING (owner_id = (SELECT seuil_actor()));
CREATE POLICY worker ON dossiers_keptwriting TO seuil_worker USING (true);
REVOKE UPDATE ON dossiers_keptwriting FROM seuil_web, seuil_worker;
"""
