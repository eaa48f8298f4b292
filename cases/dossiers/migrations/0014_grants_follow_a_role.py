"""What is opened to a person is opened to her in an organisation; nobody examines her own opening in an emergency."""

import django.db.models.deletion
from django.db import migrations, models

# those in force go to where a role of their holder sees dossiers now; the others open nothing any more
WHERE_SHE_READS = """
UPDATE dossiers_dossierusergrant g SET organisation_id = (
  SELECT m.organisation_id FROM accounts_membership m
    JOIN auth_group r ON r.name = 'role:' || m.role
    JOIN auth_group_permissions h ON h.group_id = r.id AND h.permission_id = g.permission_id
   WHERE m.user_id = g.user_id AND m.valid_from <= now() AND (m.valid_until IS NULL OR m.valid_until > now())
   ORDER BY m.valid_until DESC NULLS FIRST, m.valid_from, m.id LIMIT 1)
 WHERE g.valid_until IS NULL OR g.valid_until > now();
"""
# what somebody examined of her own is to be examined again
EXAMINED_AGAIN = """
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE dossiers_urgentopening SET examined_at = NULL, examined_by_id = NULL WHERE examined_by_id = opened_by_id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_sessions_and_signs_of_life"),
        ("dossiers", "0013_household"),
    ]

    operations = [
        migrations.AddField(
            "dossierusergrant",
            "organisation",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organisation",
                verbose_name="au titre de",
            ),
        ),
        migrations.RemoveIndex("dossierusergrant", "user_grant_live"),
        migrations.AddIndex(
            "dossierusergrant",
            models.Index(
                fields=["user", "permission", "content_object"],
                include=("valid_from", "valid_until", "organisation"),
                name="user_grant_live",
            ),
        ),
        migrations.RunSQL(EXAMINED_AGAIN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "urgentopening",
            models.CheckConstraint(
                condition=models.Q(("examined_by", None))
                | models.Q(("examined_by", models.F("opened_by")), _negated=True),
                name="urgency_examined_by_another",
                violation_error_message="On n’examine pas sa propre ouverture en urgence.",
            ),
        ),
        migrations.RunSQL(WHERE_SHE_READS, migrations.RunSQL.noop),
    ]
