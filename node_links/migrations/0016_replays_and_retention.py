"""Replays with their progress; indexes for what is forgotten each night."""

import config.ids
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from accounts.rls import tenant_policy


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_audit'),
        ("node_links", "0015_graph_traversal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EventReplay',
            fields=[
                ('id', models.UUIDField(db_column='replay_id', default=config.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('request', models.JSONField()),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('completed', 'Completed'), ('failed', 'Failed')], default='queued', max_length=20)),
                ('total', models.PositiveIntegerField()),
                ('done', models.PositiveIntegerField(default=0)),
                ('after_timestamp', models.DateTimeField(null=True)),
                ('after_event', models.UUIDField(null=True)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'replay',
                'db_table': 'event_replays',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.AddIndex(
            model_name='saga',
            index=models.Index(condition=models.Q(('status__in', ('completed', 'compensated'))), fields=['finished_at'], name='sagas_done'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['finished_at'], name='webhook_deliveries_finished'),
        ),
        migrations.AddField(
            model_name='eventreplay',
            name='organization',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization'),
        ),
        migrations.AddField(
            model_name='eventreplay',
            name='requested_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='eventreplay',
            index=models.Index(fields=['organization', 'created_at'], name='event_replays_list'),
        ),
        migrations.AddIndex(
            model_name='eventreplay',
            index=models.Index(condition=models.Q(('status__in', ('queued', 'running'))), fields=['updated_at'], name='event_replays_unfinished'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='eventreplay',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF TG_OP = 'UPDATE' AND (OLD.replay_id, OLD.organization_id, OLD.request, OLD.total, OLD.requested_by_id, OLD.created_at) IS NOT DISTINCT FROM (NEW.replay_id, NEW.organization_id, NEW.request, NEW.total, NEW.requested_by_id, NEW.created_at) THEN RETURN NULL; END IF; PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'replay_id', NULL, ARRAY[]::text[], ARRAY[]::text[], ARRAY['status', 'done', 'after_timestamp', 'after_event', 'error', 'started_at', 'finished_at']::text[]); RETURN NULL;", hash='c6b0cc3d118054c688ab603b71a8fe803ac2c418', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_8d3dd', table='event_replays', when='AFTER')),
        ),
        tenant_policy("event_replays"),
    ]
