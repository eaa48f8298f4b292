"""The pieces of dossiers: who knows that one exists, who opens it. A part of `config/db_rights/`."""

from __future__ import annotations

# A piece is known to who sees the dossier and reads its class of data, and to the team of who joined it (who knows that
# a health paper exists). What opens it is for who reads its class alone. It is verified, then removed: nothing else of
# it changes; its content, never: it goes with the removal (a trigger of the migration).
DOCUMENT = """
CREATE OR REPLACE FUNCTION seuil_classes() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN
  RETURN array_remove(ARRAY[
    CASE WHEN seuil_may('dossiers', 'see_identity') THEN 'IDENTITY' END,
    CASE WHEN seuil_may('dossiers', 'see_resources') THEN 'SOCIAL' END,
    CASE WHEN seuil_may('dossiers', 'write_health') THEN 'HEALTH' END,
    CASE WHEN seuil_may('dossiers', 'read_bank') THEN 'BANK' END], NULL);
END $$;
CREATE OR REPLACE FUNCTION seuil_works_at(asked uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN
  RETURN EXISTS (SELECT 1 FROM accounts_organisation o
                  WHERE o.id = asked AND o.team_id = ANY(seuil_teams(seuil_actor())));
END $$;
ALTER TABLE dossiers_document ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_reads ON dossiers_document;
DROP POLICY IF EXISTS web_joins ON dossiers_document;
DROP POLICY IF EXISTS web_changes ON dossiers_document;
DROP POLICY IF EXISTS worker ON dossiers_document;
CREATE POLICY web_reads ON dossiers_document FOR SELECT TO seuil_web
  USING (EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_document.dossier_id)
         AND (klass = ANY((SELECT seuil_classes())::text[]) OR seuil_works_at(added_for_id)));
CREATE POLICY web_changes ON dossiers_document FOR UPDATE TO seuil_web
  USING (EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_document.dossier_id)
         AND (klass = ANY((SELECT seuil_classes())::text[]) OR seuil_works_at(added_for_id)));
CREATE POLICY web_joins ON dossiers_document FOR INSERT TO seuil_web
  WITH CHECK (EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_document.dossier_id));
CREATE POLICY worker ON dossiers_document TO seuil_worker USING (true);
REVOKE UPDATE ON dossiers_document FROM seuil_web, seuil_worker;
GRANT UPDATE (checked_at, checked_by_id, removed_at, removed_by_id, removal) ON dossiers_document
  TO seuil_web, seuil_worker;
ALTER TABLE dossiers_documentcontent ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_opens ON dossiers_documentcontent;
DROP POLICY IF EXISTS web_keeps ON dossiers_documentcontent;
DROP POLICY IF EXISTS worker ON dossiers_documentcontent;
CREATE POLICY web_opens ON dossiers_documentcontent FOR SELECT TO seuil_web
  USING (EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_documentcontent.dossier_id)
         AND klass = ANY((SELECT seuil_classes())::text[]));
CREATE POLICY web_keeps ON dossiers_documentcontent FOR INSERT TO seuil_web
  WITH CHECK (EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = dossiers_documentcontent.dossier_id));
CREATE POLICY worker ON dossiers_documentcontent TO seuil_worker USING (true);
REVOKE UPDATE ON dossiers_documentcontent FROM seuil_web, seuil_worker;
REVOKE UPDATE ON dossiers_piecerequest FROM seuil_web;
GRANT UPDATE (closed_at, document_id) ON dossiers_piecerequest TO seuil_web;
"""
