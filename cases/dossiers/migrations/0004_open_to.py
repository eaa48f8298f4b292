"""`Dossier.open_to` repeats, for speed, the team grants in force that have no end: PostgreSQL keeps it (ADR 0015)."""

import django.contrib.postgres.fields
from django.db import migrations, models

# The dossier's own trigger writes the column, whoever asks: it cannot be forged. It runs once the row is locked, and
# reads with a snapshot of its own: of two grants given at once to two teams, the second counts both.
# Triggers run as their owner: who gives a grant need not see the dossier yet.
TRIGGERS = """
CREATE FUNCTION seuil_dossier_open_to() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.open_to := ARRAY(
    SELECT DISTINCT g.group_id FROM dossiers_dossiergroupgrant g
      JOIN auth_permission p ON p.id = g.permission_id
     WHERE g.dossier_id = NEW.id AND p.codename = 'view_dossier'
       AND g.valid_until IS NULL AND g.valid_from <= statement_timestamp() ORDER BY g.group_id);
  RETURN NEW;
END $$;
CREATE TRIGGER dossiers_dossier_open_to BEFORE INSERT OR UPDATE OF open_to ON dossiers_dossier
  FOR EACH ROW EXECUTE FUNCTION seuil_dossier_open_to();

CREATE FUNCTION seuil_team_grants_changed() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  -- in one order, so that two acts on several dossiers never wait for each other
  PERFORM 1 FROM dossiers_dossier WHERE id IN (SELECT dossier_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
  UPDATE dossiers_dossier SET open_to = open_to WHERE id IN (SELECT dossier_id FROM changed);
  RETURN NULL;
END $$;
CREATE TRIGGER team_grants_given AFTER INSERT ON dossiers_dossiergroupgrant
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seuil_team_grants_changed();
CREATE TRIGGER team_grants_changed AFTER UPDATE ON dossiers_dossiergroupgrant
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seuil_team_grants_changed();
CREATE TRIGGER team_grants_moved AFTER UPDATE ON dossiers_dossiergroupgrant
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seuil_team_grants_changed();
CREATE TRIGGER team_grants_deleted AFTER DELETE ON dossiers_dossiergroupgrant
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION seuil_team_grants_changed();
UPDATE dossiers_dossier SET open_to = open_to;
"""
GONE = """
DROP TRIGGER team_grants_given ON dossiers_dossiergroupgrant;
DROP TRIGGER team_grants_changed ON dossiers_dossiergroupgrant;
DROP TRIGGER team_grants_moved ON dossiers_dossiergroupgrant;
DROP TRIGGER team_grants_deleted ON dossiers_dossiergroupgrant;
DROP TRIGGER dossiers_dossier_open_to ON dossiers_dossier;
DROP FUNCTION seuil_team_grants_changed();
DROP FUNCTION seuil_dossier_open_to();
"""


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0003_commission_holds")]

    operations = [
        migrations.AddField(
            "dossier",
            "open_to",
            django.contrib.postgres.fields.ArrayField(
                models.IntegerField(), default=list, editable=False, verbose_name="équipes (sans fin)"
            ),
        ),
        migrations.RunSQL(TRIGGERS, GONE),
    ]
