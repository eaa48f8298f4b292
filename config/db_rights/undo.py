"""Undoing an import as a whole, while nothing was built on it (ADR 0031). A part of `config/db_rights/`.

The roles of the application delete nothing of a dossier: only these functions do, as the owner, after they have asked
by themselves who acts, what the import created, and whether anything was done there since.
"""

from __future__ import annotations

# What an import writes of a new situation, by the column that names the dossier: deleted in this order.
WRITTEN = (
    "exchange_importeddossier",
    "commission_snapshot",
    "commission_examen",
    "housing_lease",
    "support_measure",
    "dossiers_evaluation",
    "dossiers_housingrequest",
    "dossiers_residentialsituation",
    "dossiers_dossierevent",
    "dossiers_hold",
    "dossiers_participant",
    "dossiers_dossiergroupgrant",
)
# Then what names its persons, its persons, itself and its household.
OF_ITS_PERSONS = ("dossiers_personindex", "dossiers_likeness", "dossiers_person")
ITSELF = ("dossiers_dossier", "dossiers_household")
# What no import writes: a row there was written by somebody since, and nothing is undone. Foreign keys refuse as well.
NEVER_WRITTEN = (
    "commission_fiche",
    "dossiers_agreement",
    "dossiers_answer",
    "dossiers_answerdraft",
    "dossiers_chargeline",
    "dossiers_debtline",
    "dossiers_document",
    "dossiers_documentcontent",
    "dossiers_dossierusergrant",
    "dossiers_expectedbirth",
    "dossiers_healthanswer",
    "dossiers_householdanimals",
    "dossiers_justiceanswer",
    "dossiers_memberdetail",
    "dossiers_piecerequest",
    "dossiers_prescription",
    "dossiers_reminder",
    "dossiers_resourceline",
    "dossiers_sentletter",
    "dossiers_urgentopening",
    "exchange_keptdifference",
    "exchange_recognised",
)
# The same, of tables that lead to a dossier otherwise than by their own column: asked one by one below.
LEADS_THERE = ("commission_examengroupgrant", "dossiers_personlink")
COUNTED = sorted({*WRITTEN, *NEVER_WRITTEN} - {"exchange_importeddossier"})

# An import undone may have frozen evaluations and fiches: these triggers of the models let it pass, and no others.
FROZEN_BY = "pgtrigger_evaluation_kept_4d154,pgtrigger_snapshot_frozen_e0867"

ROWS = """
ALTER TABLE exchange_import ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web_reads ON exchange_import;
DROP POLICY IF EXISTS web_creates ON exchange_import;
DROP POLICY IF EXISTS worker ON exchange_import;
CREATE POLICY web_reads ON exchange_import FOR SELECT TO seuil_web USING (organisation_id IN (
  SELECT id FROM accounts_organisation WHERE team_id = ANY((SELECT seuil_teams(seuil_actor()))::integer[])));
CREATE POLICY web_creates ON exchange_import FOR INSERT TO seuil_web WITH CHECK (
  by_id = (SELECT seuil_actor()) AND undone_at IS NULL AND organisation_id IN (
    SELECT id FROM accounts_organisation WHERE team_id = ANY((SELECT seuil_teams(seuil_actor()))::integer[])));
CREATE POLICY worker ON exchange_import TO seuil_worker USING (true);
ALTER TABLE exchange_importeddossier ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS web ON exchange_importeddossier;
DROP POLICY IF EXISTS worker ON exchange_importeddossier;
CREATE POLICY web ON exchange_importeddossier TO seuil_web
  USING (EXISTS (SELECT 1 FROM live_grants g WHERE g.dossier_id = exchange_importeddossier.dossier_id));
CREATE POLICY worker ON exchange_importeddossier TO seuil_worker USING (true);
-- that it is undone, and what it created, is written by the functions below alone
REVOKE UPDATE ON exchange_import FROM seuil_web, seuil_worker;
REVOKE INSERT, UPDATE ON exchange_importeddossier, exchange_importedseance FROM seuil_web, seuil_worker;
"""

FUNCTIONS = """
-- whether a row was written by the transaction that asks, savepoints included: `x` is its xmin
CREATE OR REPLACE FUNCTION seuil_is_written_now(x xid) RETURNS boolean LANGUAGE plpgsql VOLATILE
  SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE now_in bigint := pg_current_xact_id()::text::bigint; apart bigint; BEGIN
  apart := x::text::bigint - mod(now_in, 4294967296);
  apart := apart - CASE WHEN apart > 2147483647 THEN 4294967296 WHEN apart < -2147483648 THEN -4294967296 ELSE 0 END;
  RETURN apart >= 0 AND pg_xact_status((now_in + apart)::text::xid8) = 'in progress';
END $$;
CREATE OR REPLACE FUNCTION seuil_rows_of(asked uuid) RETURNS integer LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN
  RETURN {counted};
END $$;
-- what was done there, and not what was refused; who looked changes nothing
CREATE OR REPLACE FUNCTION seuil_acts_on(asked uuid) RETURNS integer LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN
  RETURN (SELECT count(*) FROM public.audit_entry e
           WHERE e.dossier_id = asked AND e.kind = 'ACT' AND e.event NOT LIKE '%.refused');
END $$;
CREATE OR REPLACE FUNCTION seuil_seance_as_told(asked uuid) RETURNS text LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN
  RETURN (SELECT md5(concat_ws('|', s.held_on, s.place_key, s.state,
            (SELECT count(*) FROM public.commission_presence p WHERE p.seance_id = s.id),
            (SELECT count(*) FROM public.commission_convocation c WHERE c.seance_id = s.id)))
           FROM public.commission_seance s WHERE s.id = asked);
END $$;
-- Called at the end of an import, in its transaction: says what it created. Neither a dossier that the journal knew
-- before this transaction, nor a séance written before, can be named: nothing older is ever undone.
CREATE OR REPLACE FUNCTION seuil_remember_import(asked uuid, households uuid[], days uuid[]) RETURNS void
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE made uuid[]; BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.exchange_import i WHERE i.id = asked AND seuil_is_written_now(i.xmin)) THEN
    RAISE insufficient_privilege USING MESSAGE = 'not the import of this transaction';
  END IF;
  made := ARRAY(SELECT d.id FROM public.dossiers_dossier d WHERE d.household_id = ANY(households));
  IF EXISTS (SELECT 1 FROM unnest(made) each WHERE NOT EXISTS (
       SELECT 1 FROM public.audit_entry e WHERE e.dossier_id = each))
     OR EXISTS (SELECT 1 FROM public.audit_entry e
                 WHERE e.dossier_id = ANY(made) AND NOT seuil_is_written_now(e.xmin)) THEN
    RAISE insufficient_privilege USING MESSAGE = 'a dossier that was there before this import';
  END IF;
  INSERT INTO public.exchange_importeddossier (dossier_id, source_id, row_count, act_count)
    SELECT each, asked, seuil_rows_of(each), seuil_acts_on(each) FROM unnest(made) each;
  INSERT INTO public.exchange_importedseance (seance_id, source_id, as_told)
    SELECT s.id, asked, seuil_seance_as_told(s.id) FROM public.commission_seance s
     WHERE s.id = ANY(days) AND seuil_is_written_now(s.xmin);
END $$;
-- whether the acting person may import in this organisation, by a role in force there
CREATE OR REPLACE FUNCTION seuil_imports_for(body uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN
  RETURN body = ANY(public.seuil_reading_bodies(public.seuil_actor(), (
    SELECT p.id FROM public.auth_permission p JOIN public.django_content_type c ON c.id = p.content_type_id
     WHERE p.codename = 'import_register' AND c.app_label = 'dossiers')));
END $$;
-- What was built on an import since: each dossier (its reference when the acting person sees it), each séance (its
-- day), each year whose figures were closed. Empty when it may be undone.
CREATE OR REPLACE FUNCTION seuil_built_on(asked uuid) RETURNS TABLE(what text, named text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN
  IF NOT EXISTS (
       SELECT 1 FROM public.exchange_import i WHERE i.id = asked AND seuil_imports_for(i.organisation_id)) THEN
    RAISE insufficient_privilege USING MESSAGE = 'not one who imports for this organisation';
  END IF;
  RETURN QUERY
    SELECT 'dossier', CASE WHEN public.seuil_sees(d.id) THEN d.reference::text END
      FROM public.exchange_importeddossier k JOIN public.dossiers_dossier d ON d.id = k.dossier_id
     WHERE k.source_id = asked AND (
           seuil_rows_of(d.id) <> k.row_count OR seuil_acts_on(d.id) <> k.act_count
        OR EXISTS (SELECT 1 FROM public.dossiers_dossier o
                    WHERE o.id <> d.id AND (o.household_id = d.household_id OR o.predecessor_id = d.id))
        OR EXISTS (SELECT 1 FROM public.commission_examengroupgrant g JOIN public.commission_examen x
                     ON x.id = g.examen_id WHERE x.dossier_id = d.id)
        OR EXISTS (SELECT 1 FROM public.dossiers_personlink l WHERE l.follows_id = d.id)
        OR EXISTS (SELECT 1 FROM public.dossiers_participant p WHERE p.dossier_id = d.id AND (
              EXISTS (SELECT 1 FROM public.dossiers_participant q
                       WHERE q.person_id = p.person_id AND q.dossier_id <> d.id)
           OR EXISTS (SELECT 1 FROM public.dossiers_personlink l WHERE p.person_id IN (l.one_id, l.other_id))
           OR EXISTS (SELECT 1 FROM public.dossiers_likeness l
                       WHERE l.answer IS NOT NULL AND p.person_id IN (l.one_id, l.other_id)))))
     ORDER BY d.reference;
  RETURN QUERY
    SELECT 'seance', to_char(s.held_on, 'DD/MM/YYYY')
      FROM public.exchange_importedseance k JOIN public.commission_seance s ON s.id = k.seance_id
     WHERE k.source_id = asked AND (seuil_seance_as_told(s.id) <> k.as_told OR EXISTS (
             SELECT 1 FROM public.commission_examen x WHERE x.seance_id = s.id AND NOT EXISTS (
               SELECT 1 FROM public.exchange_importeddossier o
                WHERE o.dossier_id = x.dossier_id AND o.source_id = asked)))
     ORDER BY s.held_on;
  RETURN QUERY
    SELECT 'year', e.codes ->> 'period' FROM public.audit_entry e JOIN public.exchange_import i ON i.id = asked
     WHERE e.event = 'period.closed' AND e.recorded_at > i.at ORDER BY 2;
END $$;
-- Deletes all that an import created, or nothing: no row comes back when it changed what existed, when it is undone
-- already, when anything was built on it. Who adds something meanwhile waits for the locks, then finds nothing; who
-- was first makes it refuse. What comes back is what others have to forget: a dossier with its subjects, passages,
-- leases and facts; a séance that lost a passage, or is gone.
CREATE OR REPLACE FUNCTION seuil_undo_import(asked uuid) RETURNS TABLE(
    what text, gone uuid, subjects uuid[], passages uuid[], leases uuid[], facts uuid[])
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE every uuid[]; days uuid[]; people uuid[]; homes uuid[]; made uuid[]; body uuid; its_team integer; BEGIN
  PERFORM pg_advisory_xact_lock({one_import});
  PERFORM 1 FROM public.exchange_import i WHERE i.id = asked FOR UPDATE;
  IF NOT EXISTS (
       SELECT 1 FROM public.exchange_import i WHERE i.id = asked AND seuil_imports_for(i.organisation_id)) THEN
    RAISE insufficient_privilege USING MESSAGE = 'not one who imports for this organisation';
  END IF;
  SELECT i.bodies INTO made FROM public.exchange_import i
   WHERE i.id = asked AND i.undone_at IS NULL AND i.changed = 0 AND i.seances_changed = 0;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  every := ARRAY(SELECT k.dossier_id FROM public.exchange_importeddossier k WHERE k.source_id = asked);
  days := ARRAY(SELECT k.seance_id FROM public.exchange_importedseance k WHERE k.source_id = asked);
  -- in the order of the acts, which lock a likeness or a séance before dossiers; a row that somebody else adds
  -- meanwhile waits for these at its commit, and fails there: its foreign key names nothing any more
  people := ARRAY(SELECT DISTINCT p.person_id FROM public.dossiers_participant p WHERE p.dossier_id = ANY(every));
  PERFORM 1 FROM public.dossiers_likeness l
   WHERE l.one_id = ANY(people) OR l.other_id = ANY(people) ORDER BY l.id FOR UPDATE;
  PERFORM 1 FROM public.commission_seance s WHERE s.id = ANY(days) ORDER BY s.id FOR UPDATE;
  PERFORM 1 FROM public.dossiers_dossier d WHERE d.id = ANY(every) ORDER BY d.id FOR UPDATE;
  people := ARRAY(SELECT DISTINCT p.person_id FROM public.dossiers_participant p WHERE p.dossier_id = ANY(every));
  homes := ARRAY(SELECT DISTINCT d.household_id FROM public.dossiers_dossier d WHERE d.id = ANY(every));
  PERFORM 1 FROM public.dossiers_person p WHERE p.id = ANY(people) ORDER BY p.id FOR UPDATE;
  PERFORM 1 FROM public.dossiers_household h WHERE h.id = ANY(homes) ORDER BY h.id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM public.seuil_built_on(asked)) THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT 'dossier', d.id,
      d.household_id || ARRAY(SELECT p.person_id FROM public.dossiers_participant p WHERE p.dossier_id = d.id),
      ARRAY(SELECT x.id FROM public.commission_examen x WHERE x.dossier_id = d.id),
      ARRAY(SELECT l.id FROM public.housing_lease l WHERE l.dossier_id = d.id),
      ARRAY(SELECT e.id FROM public.dossiers_dossierevent e WHERE e.dossier_id = d.id)
    FROM public.dossiers_dossier d WHERE d.id = ANY(every);
  RETURN QUERY SELECT 'seance', s.id, NULL::uuid[], NULL::uuid[], NULL::uuid[], NULL::uuid[]
    FROM public.commission_seance s
   WHERE s.id = ANY(days) OR s.id IN (
     SELECT x.seance_id FROM public.commission_examen x WHERE x.dossier_id = ANY(every));
  PERFORM set_config('pgtrigger.ignore', '{{{frozen_by}}}', true);
  {deletes}
  PERFORM set_config('pgtrigger.ignore', '{{}}', true);
  DELETE FROM public.dossiers_personindex WHERE person_id = ANY(people);
  DELETE FROM public.dossiers_likeness WHERE one_id = ANY(people) OR other_id = ANY(people);
  DELETE FROM public.dossiers_person WHERE id = ANY(people);
  DELETE FROM public.dossiers_dossier WHERE id = ANY(every);
  DELETE FROM public.dossiers_household WHERE id = ANY(homes);
  DELETE FROM public.exchange_importedseance WHERE source_id = asked;
  DELETE FROM public.commission_presence WHERE seance_id = ANY(days);
  DELETE FROM public.commission_seance WHERE id = ANY(days);
  -- what the worker is at now is left to it: it finds nothing to do
  DELETE FROM public.core_outboxmessage WHERE id IN (
    SELECT m.id FROM public.core_outboxmessage m
     WHERE m.payload ->> 'dossier' IN (SELECT unnest(every)::text)
        OR m.payload ->> 'seance' IN (SELECT unnest(days)::text) FOR UPDATE SKIP LOCKED);
  UPDATE public.exchange_import SET undone_at = statement_timestamp(), undone_by_id = public.seuil_actor(),
    bodies = '{{}}' WHERE id = asked;
  -- from here on at each statement: a table forgotten above refuses the whole
  SET CONSTRAINTS ALL IMMEDIATE;
  -- the organisations that it made, unless somebody has verified them or names them since
  FOREACH body IN ARRAY made LOOP
    BEGIN
      DELETE FROM public.accounts_organisationalias WHERE organisation_id = body AND EXISTS (
        SELECT 1 FROM public.accounts_organisation o WHERE o.id = body AND o.is_to_verify);
      DELETE FROM public.accounts_organisation WHERE id = body AND is_to_verify RETURNING team_id INTO its_team;
      DELETE FROM public.auth_group WHERE id = its_team;
    EXCEPTION WHEN foreign_key_violation THEN
      NULL;
    END;
  END LOOP;
  SET CONSTRAINTS ALL DEFERRED;
END $$;
REVOKE ALL ON FUNCTION seuil_is_written_now(xid), seuil_rows_of(uuid), seuil_acts_on(uuid), seuil_seance_as_told(uuid),
  seuil_imports_for(uuid), seuil_remember_import(uuid, uuid[], uuid[]), seuil_built_on(uuid), seuil_undo_import(uuid)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seuil_remember_import(uuid, uuid[], uuid[]) TO seuil_web, seuil_worker;
GRANT EXECUTE ON FUNCTION seuil_built_on(uuid), seuil_undo_import(uuid) TO seuil_web;
"""

ONE_IMPORT = 0x5E02
"""The advisory lock of `exchange.operations.register`: nobody imports while an import is undone."""
_ROWS_OF_ONE = [f"(SELECT count(*) FROM public.{table} t WHERE t.dossier_id = asked)" for table in COUNTED]  # noqa: S608
_DELETES = [f"DELETE FROM public.{table} WHERE dossier_id = ANY(every);" for table in WRITTEN]  # noqa: S608
UNDO = ROWS + FUNCTIONS.format(
    counted="\n       + ".join(_ROWS_OF_ONE),
    deletes="\n  ".join(_DELETES),
    frozen_by=FROZEN_BY,
    one_import=ONE_IMPORT,
)
