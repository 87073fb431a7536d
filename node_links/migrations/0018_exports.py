"""Exports: files that somebody asked for."""

import config.ids
import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from accounts.rls import tenant_policy


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_audit'),
        ('node_links', '0017_look_ahead'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(db_column='export_id', default=config.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=50)),
                ('format', models.CharField(max_length=50)),
                ('entity_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), null=True, size=None)),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('completed', 'Completed'), ('failed', 'Failed')], default='queued', max_length=20)),
                ('file', models.CharField(blank=True, max_length=255)),
                ('size', models.PositiveBigIntegerField(help_text='Of the file, in bytes.', null=True)),
                ('count', models.PositiveIntegerField(help_text='How many entities the file holds.', null=True)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('requested_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'exports',
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['organization', '-created_at'], name='exports_list'), models.Index(condition=models.Q(('status__in', ('queued', 'running'))), fields=['updated_at'], name='exports_unfinished'), models.Index(fields=['expires_at'], name='exports_expiry')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='export',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF TG_OP = 'UPDATE' AND (OLD.export_id, OLD.organization_id, OLD.kind, OLD.format, OLD.entity_ids, OLD.requested_by_id, OLD.created_at) IS NOT DISTINCT FROM (NEW.export_id, NEW.organization_id, NEW.kind, NEW.format, NEW.entity_ids, NEW.requested_by_id, NEW.created_at) THEN RETURN NULL; END IF; PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'export_id', NULL, ARRAY[]::text[], ARRAY[]::text[], ARRAY['status', 'file', 'size', 'count', 'error', 'finished_at', 'expires_at']::text[]); RETURN NULL;", hash='030754f5b5baede9e98c53b3af348ee83e5d69a1', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_8415e', table='exports', when='AFTER')),
        ),
        tenant_policy("exports"),
    ]
