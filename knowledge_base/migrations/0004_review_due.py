"""The day on which an SOP is to be read again, and for which day that was announced."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_audit'),
        ('knowledge_base', '0003_audit'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='sop',
            name='audited',
        ),
        migrations.AddField(
            model_name='sop',
            name='review_due_on',
            field=models.DateField(blank=True, help_text='On this day the owner is asked to read it again.', null=True),
        ),
        migrations.AddField(
            model_name='sop',
            name='review_told_for',
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='sop',
            index=models.Index(condition=models.Q(('deleted_at', None), ('review_due_on__isnull', False)), fields=['review_due_on'], name='sops_review_due'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='sop',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF TG_OP = 'UPDATE' AND (OLD.organization_id, OLD.owner_id, OLD.version, OLD.published_version, OLD.version_count, OLD.status, OLD.tags, OLD.metadata, OLD.permissions, OLD.revision, OLD.created_at, OLD.deleted_at, OLD.deleted_by_id, OLD.sop_id, OLD.title, OLD.content, OLD.summary, OLD.category, OLD.author, OLD.search_keywords, OLD.keywords_extracted, OLD.content_type, OLD.complexity, OLD.audience, OLD.prerequisites, OLD.searchable, OLD.review_due_on, OLD.node_position, OLD.node_metadata, OLD.read_time, OLD.source_path, OLD.aliases) IS NOT DISTINCT FROM (NEW.organization_id, NEW.owner_id, NEW.version, NEW.published_version, NEW.version_count, NEW.status, NEW.tags, NEW.metadata, NEW.permissions, NEW.revision, NEW.created_at, NEW.deleted_at, NEW.deleted_by_id, NEW.sop_id, NEW.title, NEW.content, NEW.summary, NEW.category, NEW.author, NEW.search_keywords, NEW.keywords_extracted, NEW.content_type, NEW.complexity, NEW.audience, NEW.prerequisites, NEW.searchable, NEW.review_due_on, NEW.node_position, NEW.node_metadata, NEW.read_time, NEW.source_path, NEW.aliases) THEN RETURN NULL; END IF; PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'sop_id', 'sop_id', ARRAY[]::text[], ARRAY[]::text[], ARRAY['vector_embedding', 'reference_keys', 'last_viewed_at', 'review_told_for']::text[]); RETURN NULL;", hash='84c0b6514c106f04ef671e1436ee9fc6d3a12dd4', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_51e5c', table='knowledge_base_sops', when='AFTER')),
        ),
    ]
