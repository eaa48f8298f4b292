"""Members that come and go, births to come, animals; periods that correct each other; no cycle of dossiers."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
import vault.fields
from django.conf import settings
from django.db import migrations, models


# a dossier follows another; by the owner's eyes, since the writer may not see the whole chain
NO_CYCLE = """
CREATE OR REPLACE FUNCTION seuil_dossier_follows() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (
    WITH RECURSIVE before AS (
      SELECT d.id, d.predecessor_id FROM dossiers_dossier d WHERE d.id = NEW.predecessor_id
      UNION
      SELECT d.id, d.predecessor_id FROM dossiers_dossier d JOIN before b ON d.id = b.predecessor_id)
    SELECT 1 FROM before WHERE before.id = NEW.id) THEN
    RAISE EXCEPTION 'Un dossier ne peut pas se suivre lui-même, même de loin.' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER dossiers_dossier_follows BEFORE UPDATE OF predecessor_id ON dossiers_dossier
  FOR EACH ROW WHEN (NEW.predecessor_id IS NOT NULL AND NEW.predecessor_id <> NEW.id)
  EXECUTE FUNCTION seuil_dossier_follows();
"""
CYCLES = "DROP TRIGGER dossiers_dossier_follows ON dossiers_dossier; DROP FUNCTION seuil_dossier_follows();"


class Migration(migrations.Migration):

    dependencies = [
        ('dossiers', '0012_documents'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ExpectedBirth',
            fields=[
                ('subject_id', models.UUIDField(editable=False, verbose_name='personne, ménage ou tiers')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('expected_on', vault.fields.EncryptedDate(klass='SOCIAL', label='dossiers.birth.expected_on', verbose_name='attendue le')),
                ('recorded_at', models.DateTimeField(verbose_name='inscrite le')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='n’est plus attendue depuis')),
            ],
            options={
                'verbose_name': 'naissance attendue',
                'verbose_name_plural': 'naissances attendues',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='HouseholdAnimals',
            fields=[
                ('subject_id', models.UUIDField(editable=False, verbose_name='personne, ménage ou tiers')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('dogs', vault.fields.EncryptedText(klass='SOCIAL', label='dossiers.animals.dogs', null=True, pad_to=8, verbose_name='chiens')),
                ('dog_category', vault.fields.EncryptedText(klass='SOCIAL', label='dossiers.animals.dog_category', null=True, pad_to=8, verbose_name='chien de catégorie')),
                ('cats', vault.fields.EncryptedText(klass='SOCIAL', label='dossiers.animals.cats', null=True, pad_to=8, verbose_name='chats')),
                ('others', vault.fields.EncryptedText(klass='SOCIAL', label='dossiers.animals.others', null=True, verbose_name='autres animaux')),
                ('recorded_at', models.DateTimeField(verbose_name='inscrits le')),
            ],
            options={
                'verbose_name': 'animaux du ménage',
                'verbose_name_plural': 'animaux des ménages',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MemberDetail',
            fields=[
                ('subject_id', models.UUIDField(editable=False, verbose_name='personne, ménage ou tiers')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('relation', vault.fields.EncryptedText(klass='SOCIAL', label='dossiers.member.relation', null=True, pad_to=16, verbose_name='lien')),
                ('custody', vault.fields.EncryptedText(klass='SOCIAL', label='dossiers.member.custody', null=True, pad_to=16, verbose_name='garde')),
                ('leaving', vault.fields.EncryptedText(klass='SOCIAL', label='dossiers.member.leaving', null=True, pad_to=16, verbose_name='raison du départ')),
            ],
            options={
                'verbose_name': 'précision sur un membre',
                'verbose_name_plural': 'précisions sur les membres',
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='dossierevent',
            name='event_kind',
        ),
        migrations.RemoveConstraint(
            model_name='participant',
            name='participant_role',
        ),
        migrations.RemoveConstraint(
            model_name='participant',
            name='participant_once',
        ),
        migrations.AddField(
            model_name='participant',
            name='joined_on',
            field=models.DateField(null=True, verbose_name='arrivée le'),
        ),
        migrations.AddField(
            model_name='participant',
            name='left_on',
            field=models.DateField(null=True, verbose_name='partie le'),
        ),
        migrations.AddField(
            model_name='person',
            name='birth_name',
            field=vault.fields.EncryptedText(klass='IDENTITY', label='dossiers.person.birth_name', null=True, verbose_name='nom de naissance'),
        ),
        migrations.AddField(
            model_name='person',
            name='birth_precision',
            field=vault.fields.EncryptedText(klass='IDENTITY', label='dossiers.person.birth_precision', null=True, pad_to=8, verbose_name='précision de la date de naissance'),
        ),
        migrations.AddField(
            model_name='person',
            name='civility',
            field=vault.fields.EncryptedText(klass='IDENTITY', label='dossiers.person.civility', null=True, pad_to=8, verbose_name='civilité'),
        ),
        migrations.AddField(
            model_name='person',
            name='use_name',
            field=vault.fields.EncryptedText(klass='IDENTITY', label='dossiers.person.use_name', null=True, verbose_name='nom d’usage'),
        ),
        migrations.AddField(
            model_name='residentialsituation',
            name='ended_precision',
            field=models.CharField(blank=True, choices=[('DAY', 'au jour'), ('MONTH', 'au mois'), ('YEAR', 'à l’année')], max_length=5, verbose_name='fin connue'),
        ),
        migrations.AddField(
            model_name='residentialsituation',
            name='replaces',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replacement', to='dossiers.residentialsituation'),
        ),
        migrations.AddField(
            model_name='residentialsituation',
            name='started_precision',
            field=models.CharField(blank=True, choices=[('DAY', 'au jour'), ('MONTH', 'au mois'), ('YEAR', 'à l’année')], max_length=5, verbose_name='début connu'),
        ),
        migrations.AddField(
            model_name='residentialsituation',
            name='told_by',
            field=models.CharField(blank=True, choices=[('DECLARED', 'dit par la personne'), ('SEEN', 'constaté par un service'), ('SI_SIAO', 'SI-SIAO'), ('PAPER', 'bail ou attestation')], max_length=10, verbose_name='dit par'),
        ),
        migrations.AddField(
            model_name='residentialsituation',
            name='withdrawn_at',
            field=models.DateTimeField(null=True, verbose_name='retirée le'),
        ),
        migrations.AlterField(
            model_name='dossierevent',
            name='kind',
            field=models.CharField(choices=[('ORIENTATION', 'Orientation vers le SIAO'), ('EVALUATION', 'Évaluation'), ('INSTRUCTION', 'Décision d’instruction'), ('PRESENTATION', 'Présentation en commission'), ('DECISION', 'Décision de la commission'), ('LEASE', 'Bail signé'), ('OUTCOME', 'Issue'), ('FACT', 'Évènement'), ('STATE', 'Étape'), ('HOUSEHOLD', 'Vie du ménage')], max_length=12, verbose_name='nature'),
        ),
        migrations.AlterField(
            model_name='participant',
            name='role',
            field=models.CharField(choices=[('TITULAIRE', 'titulaire'), ('CONJOINT', 'conjoint'), ('ENFANT', 'enfant'), ('AUTRE', 'autre'), ('ANCIEN', 'ancien titulaire')], max_length=10, verbose_name='place'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='residentialsituation',
            trigger=pgtrigger.compiler.Trigger(name='residence_to_come', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."started_on" > timezone(\'Europe/Paris\', NEW."recorded_at")::date OR NEW."ended_on" > timezone(\'Europe/Paris\', NEW."recorded_at")::date OR NEW."seen_on" > timezone(\'Europe/Paris\', NEW."recorded_at")::date)', func="RAISE EXCEPTION 'Une période ne commence ni ne finit dans l’avenir.' USING ERRCODE = 'check_violation';", hash='ac8fbaf3f5e0b206022ee776ae6b440a28384090', operation='INSERT OR UPDATE', pgid='pgtrigger_residence_to_come_d0f1f', table='dossiers_residentialsituation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='residentialsituation',
            trigger=pgtrigger.compiler.Trigger(name='residence_replaces', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."replaces_id" IS NOT NULL)', func="IF NOT EXISTS (SELECT 1 FROM dossiers_residentialsituation r WHERE r.id = NEW.replaces_id AND r.person_id = NEW.person_id AND r.id <> NEW.id) THEN RAISE EXCEPTION 'Une période en corrige une autre de la même personne.' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='6aaac57811c48064d29d285423eca0f7e28bae5e', operation='INSERT OR UPDATE', pgid='pgtrigger_residence_replaces_a5c21', table='dossiers_residentialsituation', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='dossierevent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['ORIENTATION', 'EVALUATION', 'INSTRUCTION', 'PRESENTATION', 'DECISION', 'LEASE', 'OUTCOME', 'FACT', 'STATE', 'HOUSEHOLD'])), name='event_kind'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['TITULAIRE', 'CONJOINT', 'ENFANT', 'AUTRE', 'ANCIEN'])), name='participant_role'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.UniqueConstraint(condition=models.Q(('left_on', None)), fields=('dossier', 'person'), name='participant_once', violation_error_message='Cette personne est déjà dans ce ménage.'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('joined_on__isnull', False), ('left_on__isnull', False), _negated=True), ('joined_on__lte', models.F('left_on')), _connector='OR'), name='participant_dates', violation_error_message='On quitte un ménage après y être entré.'),
        ),
        migrations.AddConstraint(
            model_name='participant',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('role', 'ANCIEN'), _negated=True), ('left_on__isnull', False), _connector='OR'), name='participant_former_has_left', violation_error_message='Un ancien titulaire a quitté le ménage.'),
        ),
        migrations.AddConstraint(
            model_name='residentialsituation',
            constraint=models.CheckConstraint(condition=models.Q(('started_precision', ''), models.Q(('started_on__isnull', False), ('started_precision__in', ['DAY', 'MONTH', 'YEAR'])), _connector='OR'), name='residence_start_precision'),
        ),
        migrations.AddConstraint(
            model_name='residentialsituation',
            constraint=models.CheckConstraint(condition=models.Q(('ended_precision', ''), models.Q(('ended_on__isnull', False), ('ended_precision__in', ['DAY', 'MONTH', 'YEAR'])), _connector='OR'), name='residence_end_precision'),
        ),
        migrations.AddConstraint(
            model_name='residentialsituation',
            constraint=models.CheckConstraint(condition=models.Q(('told_by__in', ['', 'DECLARED', 'SEEN', 'SI_SIAO', 'PAPER'])), name='residence_told_by'),
        ),
        migrations.AddField(
            model_name='expectedbirth',
            name='dossier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='expected_births', to='dossiers.dossier'),
        ),
        migrations.AddField(
            model_name='expectedbirth',
            name='recorded_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='householdanimals',
            name='dossier',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='animals', to='dossiers.dossier'),
        ),
        migrations.AddField(
            model_name='memberdetail',
            name='dossier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='member_details', to='dossiers.dossier'),
        ),
        migrations.AddField(
            model_name='memberdetail',
            name='participant',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='detail', to='dossiers.participant'),
        ),
        migrations.AddField(
            model_name='memberdetail',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='dossiers.person'),
        ),
        migrations.AddConstraint(
            model_name='expectedbirth',
            constraint=models.CheckConstraint(condition=models.Q(('subject_id', models.F('id'))), name='birth_is_own_subject'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='expectedbirth',
            trigger=pgtrigger.compiler.Trigger(name='seal_is_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."subject_id" IS DISTINCT FROM (NEW."subject_id"))', func="RAISE EXCEPTION 'Une ligne chiffrée ne change ni d’identifiant ni de personne.' USING ERRCODE = 'check_violation';", hash='bd2b3f3925a47a1a57503373d3abb103949612fc', operation='UPDATE', pgid='pgtrigger_seal_is_frozen_b0034', table='dossiers_expectedbirth', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='householdanimals',
            trigger=pgtrigger.compiler.Trigger(name='seal_is_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."subject_id" IS DISTINCT FROM (NEW."subject_id"))', func="RAISE EXCEPTION 'Une ligne chiffrée ne change ni d’identifiant ni de personne.' USING ERRCODE = 'check_violation';", hash='3ff7b6fb734260c4fcf70faab2fb06838e499eeb', operation='UPDATE', pgid='pgtrigger_seal_is_frozen_cdc19', table='dossiers_householdanimals', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='memberdetail',
            constraint=models.CheckConstraint(condition=models.Q(('subject_id', models.F('person_id'))), name='member_detail_subject'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='memberdetail',
            trigger=pgtrigger.compiler.Trigger(name='seal_is_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."subject_id" IS DISTINCT FROM (NEW."subject_id"))', func="RAISE EXCEPTION 'Une ligne chiffrée ne change ni d’identifiant ni de personne.' USING ERRCODE = 'check_violation';", hash='b91f88d2e4a04fe6e42026a6ce48eb8439e8e694', operation='UPDATE', pgid='pgtrigger_seal_is_frozen_92a9c', table='dossiers_memberdetail', when='BEFORE')),
        ),
        migrations.RunSQL(NO_CYCLE, CYCLES),
    ]
