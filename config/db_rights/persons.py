"""The part of `config/db_rights/` about how persons are found, and who they may be."""

from __future__ import annotations

# By what a person is found, and who she may be: seen by who sees her, or both. Printing her again is deleting her
# prints first; an answer and the end of a link are all that changes of the rest. `seuil_likely` counts prints as the
# owner, whom row security does not bind, then keeps the persons that the acting person sees: asked of each print, the
# policy would cost more than the search (ADR 0023). The worker sees everybody.
LIKENESS = """
ALTER TABLE dossiers_personindex ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_reads ON dossiers_personindex;
DROP POLICY IF EXISTS web_deletes ON dossiers_personindex;
DROP POLICY IF EXISTS web_creates ON dossiers_personindex;
DROP POLICY IF EXISTS worker ON dossiers_personindex;
CREATE POLICY web_reads ON dossiers_personindex FOR SELECT TO seuil_web
  USING (EXISTS (SELECT 1 FROM dossiers_participant p WHERE p.person_id = dossiers_personindex.person_id));
CREATE POLICY web_deletes ON dossiers_personindex FOR DELETE TO seuil_web
  USING (EXISTS (SELECT 1 FROM dossiers_participant p WHERE p.person_id = dossiers_personindex.person_id));
CREATE POLICY web_creates ON dossiers_personindex FOR INSERT TO seuil_web WITH CHECK (true);
CREATE POLICY worker ON dossiers_personindex TO seuil_worker USING (true);
REVOKE UPDATE ON dossiers_personindex FROM seuil_web, seuil_worker;
GRANT DELETE ON dossiers_personindex TO seuil_web, seuil_worker;
ALTER TABLE dossiers_likeness ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON dossiers_likeness;
DROP POLICY IF EXISTS worker ON dossiers_likeness;
CREATE POLICY web ON dossiers_likeness TO seuil_web
  USING (EXISTS (SELECT 1 FROM dossiers_participant p WHERE p.person_id = one_id)
     AND EXISTS (SELECT 1 FROM dossiers_participant p WHERE p.person_id = other_id));
CREATE POLICY worker ON dossiers_likeness TO seuil_worker USING (true);
REVOKE UPDATE ON dossiers_likeness FROM seuil_web;
GRANT UPDATE (answer, answered_at, answered_by_id) ON dossiers_likeness TO seuil_web;
ALTER TABLE dossiers_personlink ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON dossiers_personlink;
DROP POLICY IF EXISTS worker ON dossiers_personlink;
CREATE POLICY web ON dossiers_personlink TO seuil_web
  USING (EXISTS (SELECT 1 FROM dossiers_participant p WHERE p.person_id = one_id)
     AND EXISTS (SELECT 1 FROM dossiers_participant p WHERE p.person_id = other_id));
CREATE POLICY worker ON dossiers_personlink TO seuil_worker USING (true);
REVOKE UPDATE ON dossiers_personlink FROM seuil_web;
GRANT UPDATE (undone_at, undone_by_id) ON dossiers_personlink TO seuil_web;
CREATE OR REPLACE FUNCTION seuil_likely(asked integer[], slots integer[], weights integer[], most integer)
  RETURNS TABLE (person uuid, score bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp AS $$ DECLARE mine integer[] := seuil_teams(seuil_actor()); BEGIN
  RETURN QUERY SELECT found.person_id, found.total FROM (
    SELECT each.person_id, sum(each.best)::bigint AS total FROM (
      SELECT i.person_id, q.slot, max(q.weight) AS best
        FROM unnest(asked, slots, weights) AS q(token, slot, weight)
        JOIN public.dossiers_personindex i ON i.token = q.token
       GROUP BY i.person_id, q.slot) each
     GROUP BY each.person_id ORDER BY total DESC, each.person_id) found
   WHERE EXISTS (
     SELECT 1 FROM public.dossiers_participant p JOIN public.dossiers_dossier d ON d.id = p.dossier_id
      WHERE p.person_id = found.person_id
        AND (d.open_to && mine OR EXISTS (SELECT 1 FROM public.live_grants g WHERE g.dossier_id = d.id)))
   LIMIT most;
END $$;
REVOKE ALL ON FUNCTION seuil_likely(integer[], integer[], integer[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seuil_likely(integer[], integer[], integer[], integer) TO seuil_web;
"""
