"""One live lease for a dossier. An instance that holds two is told so: which one goes on is not for a migration to say."""

from typing import Any

from django.db import migrations, models

LIVE = ("SIGNE", "EN_COURS", "EN_ALERTE", "PROCEDURE", "CONGE_DONNE")


def refuse_two(apps: Any, schema_editor: Any) -> None:
    """Raise before the constraint does, in words."""
    found = apps.get_model("housing", "Lease").objects.filter(state__in=LIVE).order_by()
    two = found.values("dossier").annotate(count=models.Count("pk")).filter(count__gt=1).count()
    if two:
        raise RuntimeError(
            f"{two} dossiers hold two live leases: with the former version, say on each how one of them ended, then upgrade."
        )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('dossiers', '0003_commission_holds'),
        ('housing', '0003_leases_ended_before_entry'),
    ]

    operations = [
        migrations.RunPython(refuse_two, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='lease',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', LIVE)), fields=('dossier',), name='lease_one_live', violation_error_message='Un bail est déjà en cours : inscrivez d’abord comment il a pris fin.'),
        ),
    ]
