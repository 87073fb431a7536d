"""What a model was called where it was imported from."""


import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_audit'),
        ('function_models', '0003_references'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='functionmodel',
            name='audited',
        ),
        migrations.AddField(
            model_name='functionmodel',
            name='external_id',
            field=models.CharField(editable=False, help_text='What it was called where it was imported from; importing that again updates it.', max_length=500, null=True),
        ),
        migrations.AddIndex(
            model_name='functionmodel',
            index=models.Index(condition=models.Q(('external_id', None), _negated=True), fields=['organization', 'external_id'], name='function_models_external'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='functionmodel',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF TG_OP = 'UPDATE' AND (OLD.organization_id, OLD.version, OLD.published_version, OLD.version_count, OLD.status, OLD.tags, OLD.metadata, OLD.permissions, OLD.revision, OLD.created_at, OLD.deleted_at, OLD.deleted_by_id, OLD.description, OLD.nodes_data, OLD.edges_data, OLD.viewport_data, OLD.document_data, OLD.model_id, OLD.user_id, OLD.name, OLD.process_type, OLD.complexity_level, OLD.estimated_duration, OLD.current_version, OLD.ai_agent_config, OLD.context, OLD.external_id, OLD.last_saved_at, OLD.archived_at, OLD.archived_by_id, OLD.archive_reason, OLD.deletion_reason, OLD.retention_days, OLD.review_at, OLD.hard_delete_at) IS NOT DISTINCT FROM (NEW.organization_id, NEW.version, NEW.published_version, NEW.version_count, NEW.status, NEW.tags, NEW.metadata, NEW.permissions, NEW.revision, NEW.created_at, NEW.deleted_at, NEW.deleted_by_id, NEW.description, NEW.nodes_data, NEW.edges_data, NEW.viewport_data, NEW.document_data, NEW.model_id, NEW.user_id, NEW.name, NEW.process_type, NEW.complexity_level, NEW.estimated_duration, NEW.current_version, NEW.ai_agent_config, NEW.context, NEW.external_id, NEW.last_saved_at, NEW.archived_at, NEW.archived_by_id, NEW.archive_reason, NEW.deletion_reason, NEW.retention_days, NEW.review_at, NEW.hard_delete_at) THEN RETURN NULL; END IF; PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'model_id', 'model_id', ARRAY[]::text[], ARRAY[]::text[], ARRAY['dangling_references']::text[]); RETURN NULL;", hash='b5ee17b58d51cf3f0515877bda628f749b6ce8e6', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_22c73', table='function_models', when='AFTER')),
        ),
    ]
