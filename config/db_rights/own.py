"""What is one person's alone, whatever her role. A part of `config/db_rights/`."""

from __future__ import annotations

# The address of an agenda is its person's. Who has only the address is a visitor, and reads no row: she gives a print,
# and learns whose it is while the account is open.
CALENDAR = """
ALTER TABLE accounts_calendaraddress ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON accounts_calendaraddress;
DROP POLICY IF EXISTS worker ON accounts_calendaraddress;
CREATE POLICY web ON accounts_calendaraddress TO seuil_web USING (user_id = (SELECT seuil_actor()));
CREATE POLICY worker ON accounts_calendaraddress TO seuil_worker USING (true);
CREATE OR REPLACE FUNCTION seuil_calendar_of(asked text) RETURNS uuid
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN
  RETURN (SELECT a.user_id FROM public.accounts_calendaraddress a JOIN public.accounts_user u ON u.id = a.user_id
           WHERE a.token_hash = asked AND u.is_active);
END $$;
REVOKE ALL ON FUNCTION seuil_calendar_of(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seuil_calendar_of(text) TO seuil_web;
"""

# A view of the list is its owner's; it is kept, then deleted.
KEPT_VIEW = """
ALTER TABLE dossiers_keptview ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON dossiers_keptview;
DROP POLICY IF EXISTS worker ON dossiers_keptview;
CREATE POLICY web ON dossiers_keptview TO seuil_web USING (owner_id = (SELECT seuil_actor()));
CREATE POLICY worker ON dossiers_keptview TO seuil_worker USING (true);
REVOKE UPDATE ON dossiers_keptview FROM seuil_web, seuil_worker;
GRANT DELETE ON dossiers_keptview TO seuil_web, seuil_worker;
"""
