"""A protected dossier is open to no team: `open_to` says so at once, whatever the grants."""

from django.db import migrations, models

# as in 0004, with the protection; and by the clock of now, since one may have waited for a grant given meanwhile
OPEN_TO = """
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
BEFORE = """
CREATE OR REPLACE FUNCTION seuil_dossier_open_to() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.open_to := ARRAY(
    SELECT DISTINCT g.group_id FROM dossiers_dossiergroupgrant g
      JOIN auth_permission p ON p.id = g.permission_id
     WHERE g.dossier_id = NEW.id AND p.codename = 'view_dossier'
       AND g.valid_until IS NULL AND g.valid_from <= statement_timestamp() ORDER BY g.group_id);
  RETURN NEW;
END $$;
DROP TRIGGER dossiers_dossier_open_to ON dossiers_dossier;
CREATE TRIGGER dossiers_dossier_open_to BEFORE INSERT OR UPDATE OF open_to ON dossiers_dossier
  FOR EACH ROW EXECUTE FUNCTION seuil_dossier_open_to();
"""


class Migration(migrations.Migration):
    dependencies = [("dossiers", "0007_communes_and_rank_of_motives")]

    operations = [
        migrations.AlterModelOptions(
            "dossier",
            {
                "permissions": [
                    ("open_dossier", "Ouvrir un dossier, prescrire"),
                    ("see_identity", "Voir l’identité des personnes"),
                    ("see_resources", "Voir les ressources et les dettes"),
                    ("instruct_dossier", "Évaluer et instruire un dossier"),
                    ("present_dossier", "Présenter un dossier en séance"),
                    ("close_dossier", "Clore un dossier"),
                    ("protect_dossier", "Protéger un dossier, lever sa protection"),
                    ("import_register", "Importer le registre"),
                ],
                "verbose_name": "dossier",
            },
        ),
        migrations.AddField(
            "dossier", "is_protected", models.BooleanField(default=False, editable=False, verbose_name="protégé")
        ),
        migrations.AddIndex(
            "dossier",
            models.Index(condition=models.Q(("is_protected", True)), fields=["id"], name="dossier_protected"),
        ),
        migrations.RunSQL(OPEN_TO, BEFORE),
    ]
