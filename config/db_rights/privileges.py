"""What each role of PostgreSQL may do with each table, and the questions that the policies of rows ask."""

from __future__ import annotations

EVERYONE = """
GRANT USAGE ON SCHEMA public TO seuil_web, seuil_worker, seuil_reporting, seuil_treasury;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM seuil_web, seuil_worker, seuil_reporting, seuil_treasury;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO seuil_web, seuil_worker;
"""

# django-pgtrigger asks this function, in each of its triggers, whether a setting of the session lets the row pass. As
# it comes, any role may write that setting: here the owner alone is heard (undoing an import, a migration). An absent
# setting is no error either: the subtransaction that would swallow it goes through every check that is still due.
TRIGGERS = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
  LANGUAGE plpgsql STABLE AS $$ DECLARE said text := nullif(current_setting('pgtrigger.ignore', true), ''); BEGIN
  IF said IS NULL OR NOT trigger_name = ANY (said::text[]) THEN
    RETURN false;
  END IF;
  RETURN current_user = (SELECT pg_catalog.pg_get_userbyid(proowner) FROM pg_catalog.pg_proc
                          WHERE oid = 'public._pgtrigger_should_ignore(name)'::regprocedure);
END $$;
"""

DEFAULT = """
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO seuil_web, seuil_worker;
-- signing in: sessions end, factors are withdrawn, counters of attempts expire; the address of an agenda ends
GRANT DELETE ON accounts_session, accounts_sharedcount, accounts_calendaraddress, mfa_authenticator
  TO seuil_web, seuil_worker;
-- the journal: written and read, never rewritten
REVOKE UPDATE ON audit_entry FROM seuil_web, seuil_worker;
-- an entry is written once: afterwards, only that the person was informed and her answer
REVOKE UPDATE ON dossiers_prescription FROM seuil_web, seuil_worker;
GRANT UPDATE (informed, agreed_on, no_agreement, no_agreement_note) ON dossiers_prescription TO seuil_web, seuil_worker;
GRANT UPDATE (acknowledged_at) ON dossiers_prescription TO seuil_worker;
-- what happened to a situation: a correction is another row
REVOKE UPDATE ON dossiers_dossierevent FROM seuil_web, seuil_worker;
-- a grant is given, then ended: nothing else of it changes
REVOKE UPDATE ON dossiers_dossierusergrant, dossiers_dossiergroupgrant FROM seuil_web;
GRANT UPDATE (valid_until) ON dossiers_dossierusergrant, dossiers_dossiergroupgrant TO seuil_web;
-- work to do: the web role posts, the worker does
REVOKE SELECT, UPDATE ON core_outboxmessage FROM seuil_web;
GRANT DELETE ON core_outboxmessage TO seuil_worker;
-- jobs: the web role asks for one and may ask it to stop, the worker tells the rest
REVOKE UPDATE ON core_job FROM seuil_web;
GRANT UPDATE (stop_asked) ON core_job TO seuil_web;
GRANT DELETE ON core_job TO seuil_worker;
-- facts and figures are made by the worker alone; facts are not even read by the web
REVOKE ALL ON reporting_fact, reporting_figureresult FROM seuil_web;
GRANT SELECT ON reporting_figureresult TO seuil_web;
GRANT DELETE ON reporting_fact, reporting_figureresult TO seuil_worker;
-- files received: deleted once imported or given up
GRANT DELETE ON exchange_pendingimport, exchange_pendingfile TO seuil_web, seuil_worker;
-- what was told of columns: another row says otherwise
REVOKE UPDATE ON exchange_columnmapping, exchange_valuemapping FROM seuil_web, seuil_worker;
-- what was said of a dossier and of SI-SIAO: the last row holds
REVOKE UPDATE ON exchange_recognised, exchange_keptdifference FROM seuil_web, seuil_worker;
-- a reminder is put off, then done: its text and whom it is for stay
REVOKE UPDATE ON dossiers_reminder FROM seuil_web;
GRANT UPDATE (due_on, done_at, done_by_id) ON dossiers_reminder TO seuil_web;
-- searches by name: the worker deletes those that are over
GRANT DELETE ON dossiers_namesearch TO seuil_worker;
-- reference data and the list of migrations
REVOKE INSERT, UPDATE ON django_migrations, auth_permission, django_content_type FROM seuil_web, seuil_worker;
REVOKE INSERT, UPDATE ON auth_group_permissions FROM seuil_web;
-- lists edited in the application: codes and levels stay, history and versions are never rewritten
REVOKE UPDATE ON dossiers_motive, dossiers_commune FROM seuil_web;
GRANT UPDATE (label, rank, is_active) ON dossiers_motive TO seuil_web;
GRANT UPDATE (name, sort_key, is_active) ON dossiers_commune TO seuil_web;
REVOKE INSERT, UPDATE ON accounts_texthint FROM seuil_web;
GRANT UPDATE (words, suggestion, is_active) ON accounts_texthint TO seuil_web;
REVOKE UPDATE ON dossiers_piecekind FROM seuil_web;
GRANT UPDATE (label, whose, months, step, household_types, rank, is_active) ON dossiers_piecekind TO seuil_web;
REVOKE UPDATE ON accounts_listchange, accounts_letterversion FROM seuil_web, seuil_worker;
REVOKE INSERT, UPDATE ON accounts_letter FROM seuil_web, seuil_worker;
-- invitations: to whom, where and in which role is said once; the worker only sends
REVOKE UPDATE ON accounts_invitation FROM seuil_web;
GRANT UPDATE (email, sendings, token_hash, expires_at, invited_at, accepted_at, accepted_by_id, withdrawn_at,
  withdrawn_by_id) ON accounts_invitation TO seuil_web;
REVOKE INSERT, UPDATE ON accounts_invitation FROM seuil_worker;
-- the address of one's agenda: whose it is stays
REVOKE UPDATE ON accounts_calendaraddress FROM seuil_web;
GRANT UPDATE (token_hash, opened_at, last_read_on) ON accounts_calendaraddress TO seuil_web;
-- « still works here » is said once a quarter, and kept
REVOKE UPDATE ON accounts_confirmation FROM seuil_web, seuil_worker;
-- a role's person, place and nature are said once: another role is another row
REVOKE UPDATE ON accounts_membership FROM seuil_web;
GRANT UPDATE (valid_until, in_charge) ON accounts_membership TO seuil_web;

CREATE OR REPLACE FUNCTION seuil_actor() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT current_setting('seuil.actor')::uuid $$;
-- plpgsql keeps the plan of its query for the session: planning is then short for the statements that ask it
CREATE OR REPLACE FUNCTION seuil_view_dossier() RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN
  RETURN (SELECT p.id FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
           WHERE p.codename = 'view_dossier' AND c.app_label = 'dossiers');
END $$;
CREATE OR REPLACE FUNCTION seuil_teams(person uuid) RETURNS integer[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN
  RETURN ARRAY(
    SELECT o.team_id FROM accounts_membership m JOIN accounts_organisation o ON o.id = m.organisation_id
     WHERE m.user_id = person
       AND m.valid_from <= statement_timestamp() AND (m.valid_until IS NULL OR m.valid_until > statement_timestamp())
     ORDER BY o.team_id);  -- as on a dossier, whose first one is compared with hers
END $$;
-- Where a role in force gives a person this permission: what is opened to her opens there alone (ADR 0028).
CREATE OR REPLACE FUNCTION seuil_reading_bodies(person uuid, permission bigint) RETURNS uuid[]
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN
  RETURN ARRAY(
    SELECT m.organisation_id FROM public.accounts_membership m
      JOIN public.auth_group r ON r.name = 'role:' || m.role
      JOIN public.auth_group_permissions h ON h.group_id = r.id AND h.permission_id = permission
     WHERE m.user_id = person
       AND m.valid_from <= statement_timestamp() AND (m.valid_until IS NULL OR m.valid_until > statement_timestamp()));
END $$;
-- As a member of which organisation she receives a grant: one of those, the giver's first, then where it lasts.
CREATE OR REPLACE FUNCTION seuil_body_for(person uuid, giver uuid, permission bigint) RETURNS uuid
  LANGUAGE plpgsql STABLE AS $$ BEGIN
  RETURN (
    SELECT m.organisation_id FROM public.accounts_membership m
     WHERE m.user_id = person AND m.organisation_id = ANY(public.seuil_reading_bodies(person, permission))
       AND m.valid_from <= statement_timestamp() AND (m.valid_until IS NULL OR m.valid_until > statement_timestamp())
     ORDER BY m.organisation_id = ANY(public.seuil_reading_bodies(giver, permission)) DESC,
              m.valid_until DESC NULLS FIRST, m.valid_from, m.id LIMIT 1);
END $$;
-- What live grants open to the acting person: to herself, to her teams. For the policy of dossiers, that reads grants
-- past their own policies: the owner's, they tell the actor's alone. Said cheap: PostgreSQL hashes them, once.
CREATE OR REPLACE FUNCTION seuil_granted() RETURNS SETOF uuid
  LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER COST 1 ROWS 100
  SET search_path = pg_catalog, public, pg_temp
  AS $$ DECLARE hers uuid[] := seuil_reading_bodies(seuil_actor(), seuil_view_dossier()); BEGIN
  RETURN QUERY SELECT g.dossier_id FROM public.dossiers_dossierusergrant g
   WHERE g.user_id = seuil_actor() AND g.permission_id = seuil_view_dossier() AND g.organisation_id = ANY(hers)
     AND g.valid_from <= statement_timestamp() AND (g.valid_until IS NULL OR g.valid_until > statement_timestamp());
END $$;
CREATE OR REPLACE FUNCTION seuil_granted_to_teams() RETURNS SETOF uuid
  LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER COST 1 ROWS 100
  SET search_path = pg_catalog, public, pg_temp AS $$ DECLARE mine integer[] := seuil_teams(seuil_actor()); BEGIN
  RETURN QUERY SELECT g.dossier_id FROM public.dossiers_dossiergroupgrant g
   WHERE g.group_id = ANY(mine) AND g.permission_id = seuil_view_dossier()
     AND g.valid_from <= statement_timestamp() AND (g.valid_until IS NULL OR g.valid_until > statement_timestamp());
END $$;
-- The dossiers that live grants show to the acting person. A view of the owner, whom row security does not bind: it
-- reads the grants themselves, so that a policy may ask it without asking itself; it tells the actor's own, no others.
-- What is protected is opened by no team, whoever gives or gave it a grant.
CREATE OR REPLACE VIEW live_grants WITH (security_invoker = false) AS
  SELECT dossier_id FROM dossiers_dossierusergrant
   WHERE user_id = (SELECT seuil_actor()) AND permission_id = (SELECT seuil_view_dossier())
     AND organisation_id = ANY((SELECT seuil_reading_bodies(seuil_actor(), seuil_view_dossier()))::uuid[])
     AND valid_from <= statement_timestamp() AND (valid_until IS NULL OR valid_until > statement_timestamp())
  UNION ALL
  SELECT dossier_id FROM dossiers_dossiergroupgrant
   WHERE group_id = ANY((SELECT seuil_teams(seuil_actor()))::integer[])
     AND permission_id = (SELECT seuil_view_dossier())
     AND valid_from <= statement_timestamp() AND (valid_until IS NULL OR valid_until > statement_timestamp())
     AND dossier_id NOT IN (SELECT id FROM dossiers_dossier WHERE is_protected);
GRANT SELECT ON live_grants TO seuil_web, seuil_worker;

-- how the outbox is doing, in figures, for who may not read it
CREATE OR REPLACE FUNCTION seuil_outbox(OUT open bigint, OUT failing bigint, OUT attempts bigint, OUT late float8)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
  $$ SELECT count(*), count(*) FILTER (WHERE attempts > 0), coalesce(sum(attempts), 0),
            coalesce(greatest(extract(epoch FROM statement_timestamp()
              - min(due_at) FILTER (WHERE task <> 'job.run')), 0), 0) -- a job may be long: its page tells how far it is
     FROM public.core_outboxmessage WHERE done_at IS NULL $$;

-- the same question as the policy of dossiers, about one of them: for tables whose rows are also read otherwise
CREATE OR REPLACE FUNCTION seuil_sees(asked uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN
  RETURN EXISTS (SELECT 1 FROM public.dossiers_dossier d
                  WHERE d.id = asked AND d.open_to && (SELECT public.seuil_teams(public.seuil_actor())))
      OR EXISTS (SELECT 1 FROM public.live_grants g WHERE g.dossier_id = asked);
END $$;
-- a dossier just created, to which nobody was given a grant yet
CREATE OR REPLACE FUNCTION seuil_is_unopened(asked uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN
  RETURN NOT EXISTS (SELECT 1 FROM public.dossiers_dossiergroupgrant g WHERE g.dossier_id = asked)
     AND NOT EXISTS (SELECT 1 FROM public.dossiers_dossierusergrant g WHERE g.dossier_id = asked);
END $$;
-- does one of the acting person's roles hold this permission
CREATE OR REPLACE FUNCTION seuil_may(app text, code text) RETURNS boolean
  LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN
  RETURN EXISTS (
    SELECT 1 FROM accounts_membership m
      JOIN auth_group r ON r.name = 'role:' || m.role
      JOIN auth_group_permissions h ON h.group_id = r.id
      JOIN auth_permission p ON p.id = h.permission_id
      JOIN django_content_type c ON c.id = p.content_type_id
     WHERE m.user_id = seuil_actor() AND c.app_label = app AND p.codename = code
       AND m.valid_from <= statement_timestamp() AND (m.valid_until IS NULL OR m.valid_until > statement_timestamp()));
END $$;
-- In an emergency: gives the acting person, whose role sees dossiers, four hours on the one of this whole reference, in
-- any form (by the index dossier_by_reference_key); its UUID, or nothing. A protected dossier opens so to who reads the
-- journals (the DPO) alone.
CREATE OR REPLACE FUNCTION seuil_open_urgently(asked text, made uuid) RETURNS uuid
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE found uuid; key text := upper(regexp_replace(asked, '[^[:alnum:]]', '', 'g')); BEGIN
  IF NOT seuil_may('dossiers', 'view_dossier') THEN
    RETURN NULL;
  END IF;
  SELECT d.id INTO found FROM public.dossiers_dossier d
   WHERE (d.reference = asked OR key <> '' AND upper(regexp_replace(d.reference, '[^[:alnum:]]', '', 'g')) = key)
     AND (NOT d.is_protected OR seuil_may('audit', 'read_journal'))
   ORDER BY d.reference <> asked, d.reference LIMIT 1 FOR NO KEY UPDATE;
  IF found IS NOT NULL THEN
    INSERT INTO public.dossiers_dossierusergrant
           (id, permission_id, user_id, organisation_id, dossier_id, valid_from, valid_until, reason, granted_by_id)
    VALUES (made, seuil_view_dossier(), seuil_actor(), seuil_body_for(seuil_actor(), NULL, seuil_view_dossier()), found,
            statement_timestamp(), statement_timestamp() + interval '4 hours', 'urgency', seuil_actor());
  END IF;
  RETURN found;
END $$;
-- Ends what is opened to a person as a member of an organisation, now or then, for who tends the access of its people
-- without seeing those dossiers. What she holds from another organisation is not theirs to end.
DROP FUNCTION IF EXISTS seuil_end_grants(uuid, timestamptz);
CREATE OR REPLACE FUNCTION seuil_end_grants(person uuid, body uuid, at timestamptz) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$ DECLARE ended integer; BEGIN
  IF NOT seuil_may('accounts', 'manage_accounts') AND NOT EXISTS (
    SELECT 1 FROM public.accounts_membership mine
     WHERE mine.user_id = seuil_actor() AND mine.in_charge AND mine.organisation_id = body
       AND mine.valid_from <= statement_timestamp()
       AND (mine.valid_until IS NULL OR mine.valid_until > statement_timestamp())) THEN
    RAISE insufficient_privilege USING MESSAGE = 'not the one who tends the access of the people there';
  END IF;
  UPDATE public.dossiers_dossierusergrant SET valid_until = coalesce(at, statement_timestamp())
   WHERE user_id = person AND organisation_id = body AND valid_from <= statement_timestamp()
     AND (valid_until IS NULL OR valid_until > coalesce(at, statement_timestamp()));
  GET DIAGNOSTICS ended = ROW_COUNT;
  RETURN ended;
END $$;
REVOKE ALL ON FUNCTION seuil_end_grants(uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seuil_end_grants(uuid, uuid, timestamptz) TO seuil_web;
REVOKE ALL ON FUNCTION seuil_outbox(), seuil_granted(), seuil_granted_to_teams(), seuil_sees(uuid),
  seuil_is_unopened(uuid), seuil_open_urgently(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seuil_outbox(), seuil_granted(), seuil_granted_to_teams(), seuil_sees(uuid),
  seuil_is_unopened(uuid) TO seuil_web, seuil_worker;
GRANT EXECUTE ON FUNCTION seuil_open_urgently(text, uuid) TO seuil_web;
"""

KEYSTORE = """
GRANT SELECT, INSERT ON vault_dek TO seuil_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON vault_dek, vault_periodkey TO seuil_worker;
-- the roots of the blind indexes: made at the first use, destroyed by the worker
GRANT SELECT, INSERT ON vault_indexroot TO seuil_web;
GRANT SELECT, INSERT, UPDATE ON vault_indexroot TO seuil_worker;
GRANT SELECT ON django_migrations TO seuil_web, seuil_worker;
"""
