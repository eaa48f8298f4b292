"""The first of the teams to whom a dossier is open stands apart: compared as a number, which is quicker.

Every dossier is written once, under a lock. Going back drops the policies with the column: until the older code has run
`migrate`, the web reads no dossier.
"""

from django.db import migrations, models

# as in 0008, with the first team
FIRST_TEAM = """
CREATE OR REPLACE FUNCTION seuil_dossier_open_to() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.open_to := CASE WHEN NEW.is_protected THEN '{}' ELSE ARRAY(
    SELECT DISTINCT g.group_id FROM dossiers_dossiergroupgrant g
      JOIN auth_permission p ON p.id = g.permission_id
     WHERE g.dossier_id = NEW.id AND p.codename = 'view_dossier'
       AND g.valid_until IS NULL AND g.valid_from <= clock_timestamp() ORDER BY g.group_id) END;
  NEW.first_team := NEW.open_to[1];
  RETURN NEW;
END $$;
DROP TRIGGER dossiers_dossier_open_to ON dossiers_dossier;
CREATE TRIGGER dossiers_dossier_open_to BEFORE INSERT OR UPDATE OF open_to, first_team, is_protected
  ON dossiers_dossier FOR EACH ROW EXECUTE FUNCTION seuil_dossier_open_to();
UPDATE dossiers_dossier SET open_to = open_to;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION seuil_dossier_open_to() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.open_to := CASE WHEN NEW.is_protected THEN '{}' ELSE ARRAY(
    SELECT DISTINCT g.group_id FROM dossiers_dossiergroupgrant g
      JOIN auth_permission p ON p.id = g.permission_id
     WHERE g.dossier_id = NEW.id AND p.codename = 'view_dossier'
       AND g.valid_until IS NULL AND g.valid_from <= clock_timestamp() ORDER BY g.group_id) END;
  RETURN NEW;
END $$;
DROP TRIGGER dossiers_dossier_open_to ON dossiers_dossier;
CREATE TRIGGER dossiers_dossier_open_to BEFORE INSERT OR UPDATE OF open_to, is_protected ON dossiers_dossier
  FOR EACH ROW EXECUTE FUNCTION seuil_dossier_open_to();
"""


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0021_grants_without_permission_index")]

    operations = [
        migrations.AddField(
            "dossier",
            "first_team",
            models.IntegerField(editable=False, null=True, verbose_name="première équipe (sans fin)"),
        ),
        migrations.RunSQL(FIRST_TEAM, BEFORE),
        migrations.AddIndex(
            "dossier",
            models.Index(fields=["id"], include=["first_team", "is_protected", "open_to"], name="dossier_seen_by"),
        ),
    ]
