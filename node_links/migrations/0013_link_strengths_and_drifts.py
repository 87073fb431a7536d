"""How links came by their strength, and what has become of their version pins."""

import config.ids
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from accounts.rls import tenant_policy

CASCADE = """
ALTER TABLE link_drifts ADD CONSTRAINT link_drifts_of_link
    FOREIGN KEY (link_id) REFERENCES node_links (link_id) ON DELETE CASCADE
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_audit'),
        ("node_links", "0012_link_types_and_revisions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LinkDrift',
            fields=[
                ('link', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='drift', serialize=False, to='node_links.nodelink')),
                ('status', models.CharField(choices=[('drifted', 'Drifted'), ('broken', 'Broken')], max_length=10)),
                ('reason', models.CharField(choices=[('target_deleted', 'The target has been deleted'), ('target_archived', 'The target has been archived'), ('version_gone', 'There is no such version any more')], max_length=20, null=True)),
                ('from_version', models.CharField(max_length=50)),
                ('to_version', models.CharField(max_length=50, null=True)),
                ('bump', models.CharField(max_length=10, null=True)),
                ('versions_behind', models.PositiveIntegerField(null=True)),
                ('since', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'verbose_name': 'drifted link',
                'db_table': 'link_drifts',
                'ordering': ['-since', '-link'],
                'indexes': [models.Index(fields=['organization', 'status', 'since'], name='link_drifts_list')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('reason', None), ('status', 'drifted'), ('to_version__isnull', False)), models.Q(('reason__isnull', False), ('status', 'broken')), _connector='OR'), name='link_drifts_complete')],
            },
        ),
        migrations.CreateModel(
            name='LinkStrengthCalculation',
            fields=[
                ('id', models.UUIDField(db_column='calculation_id', default=config.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(choices=[('supplied', 'Supplied'), ('gathered', 'Gathered')], max_length=10)),
                ('interaction_frequency', models.FloatField()),
                ('semantic_similarity', models.FloatField()),
                ('context_relevance', models.FloatField()),
                ('base_strength', models.DecimalField(decimal_places=4, max_digits=5)),
                ('frequency_bonus', models.DecimalField(decimal_places=4, max_digits=5)),
                ('semantic_bonus', models.DecimalField(decimal_places=4, max_digits=5)),
                ('context_bonus', models.DecimalField(decimal_places=4, max_digits=5)),
                ('final_strength', models.DecimalField(decimal_places=4, max_digits=5)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('calculated_by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('link', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='strength_calculations', to='node_links.nodelink')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'verbose_name': 'strength calculation',
                'db_table': 'link_strength_calculations',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['organization', 'link', '-id'], name='link_strengths_of_link')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='linkstrengthcalculation',
            trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='c51b21503783287c3a9eea6004f2b228c515e608', operation='UPDATE', pgid='pgtrigger_immutable_c3cfb', table='link_strength_calculations', when='BEFORE')),
        ),
        migrations.RunSQL(
            CASCADE, "ALTER TABLE link_drifts DROP CONSTRAINT link_drifts_of_link"
        ),
        tenant_policy("link_strength_calculations"),
        tenant_policy("link_drifts"),
    ]
