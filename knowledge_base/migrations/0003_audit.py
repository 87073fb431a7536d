"""Triggers of the audit trail."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('knowledge_base', '0002_row_level_security'),
        ('node_links', '0007_audit'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='sop',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF TG_OP = 'UPDATE' AND (OLD.organization_id, OLD.owner_id, OLD.version, OLD.published_version, OLD.version_count, OLD.status, OLD.tags, OLD.metadata, OLD.permissions, OLD.revision, OLD.created_at, OLD.deleted_at, OLD.deleted_by_id, OLD.sop_id, OLD.title, OLD.content, OLD.summary, OLD.category, OLD.author, OLD.search_keywords, OLD.keywords_extracted, OLD.content_type, OLD.complexity, OLD.audience, OLD.prerequisites, OLD.searchable, OLD.node_position, OLD.node_metadata, OLD.read_time, OLD.source_path, OLD.aliases) IS NOT DISTINCT FROM (NEW.organization_id, NEW.owner_id, NEW.version, NEW.published_version, NEW.version_count, NEW.status, NEW.tags, NEW.metadata, NEW.permissions, NEW.revision, NEW.created_at, NEW.deleted_at, NEW.deleted_by_id, NEW.sop_id, NEW.title, NEW.content, NEW.summary, NEW.category, NEW.author, NEW.search_keywords, NEW.keywords_extracted, NEW.content_type, NEW.complexity, NEW.audience, NEW.prerequisites, NEW.searchable, NEW.node_position, NEW.node_metadata, NEW.read_time, NEW.source_path, NEW.aliases) THEN RETURN NULL; END IF; PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'sop_id', 'sop_id', ARRAY[]::text[], ARRAY[]::text[], ARRAY['vector_embedding', 'reference_keys', 'last_viewed_at']::text[]); RETURN NULL;", hash='5f4340263934d85a07b19cf46aa063ccf345e58a', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_51e5c', table='knowledge_base_sops', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='sopversion',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'version_id', 'entity_id', ARRAY[]::text[], ARRAY[]::text[], ARRAY[]::text[]); RETURN NULL;", hash='ebfa305ba60d2142cba8dad4cbac5048699c1ef7', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_a6fcb', table='sop_versions', when='AFTER')),
        ),
    ]
