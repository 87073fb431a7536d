"""Which way a change travels, which pairs a type allows, and a revision for links and types.

The trail of links is written by statement: they come and go by the ten thousand.
"""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# The owner of the tables is bound by their policies as well, so the platform's role is taken on.
FILL = """
SELECT set_config('app.role', 'operator', true);
UPDATE node_link_types SET change_travels = CASE type_name
    WHEN 'triggers' THEN 'both' ELSE 'source_to_target' END
WHERE organization_id IS NULL AND type_name IN ('supports', 'produces', 'triggers');
SELECT set_config('app.role', '', true);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_audit'),
        ("node_links", "0011_audited_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='nodelink',
            name='revision',
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddField(
            model_name='nodelinktype',
            name='allowed_pairs',
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='nodelinktype',
            name='change_travels',
            field=models.CharField(choices=[('target_to_source', 'From target to source'), ('source_to_target', 'From source to target'), ('both', 'Both ways')], db_default='target_to_source', default='target_to_source', max_length=20),
        ),
        migrations.AddField(
            model_name='nodelinktype',
            name='revision',
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
        migrations.AddConstraint(
            model_name='nodelinktype',
            constraint=models.CheckConstraint(condition=models.Q(('change_travels__in', ['target_to_source', 'source_to_target', 'both'])), name='valid_change_travels'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name='nodelink',
            name='audited',
        ),
        migrations.AlterField(
            model_name='nodelink',
            name='created_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='nodelink',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='links_out', to='node_links.nodemetadata'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='nodelink',
            trigger=pgtrigger.compiler.Trigger(name='audited_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    INSERT INTO audit_logs (audit_id, organization_id, table_name, operation, record_id, old_data,\n        new_data, changed_fields, changed_by, changed_at, event_type, event_data, execution_id,\n        request_id)\n    SELECT public.uuid7_at(clock_timestamp()), tenant, TG_TABLE_NAME, TG_OP, record, old_row,\n        new_row, changed,\n        (SELECT nullif(current_setting('app.user_id', true), '')::uuid),\n        clock_timestamp(),\n        (SELECT nullif(current_setting('app.event_type', true), '')),\n        (SELECT nullif(current_setting('app.event_data', true), '')::jsonb),\n        (SELECT nullif(current_setting('app.execution_id', true), '')::uuid),\n        (SELECT nullif(current_setting('app.request_id', true), ''))\n    FROM (\n        SELECT n.organization_id AS tenant, n.link_id::text AS record, NULL::jsonb AS old_row,\n            to_jsonb(n) AS new_row\n        FROM new_rows n\n    ) AS told, LATERAL (\n        SELECT CASE WHEN TG_OP = 'UPDATE' THEN ARRAY(\n            SELECT e.key FROM jsonb_each(new_row) e\n            WHERE e.value IS DISTINCT FROM old_row -> e.key ORDER BY e.key\n        ) ELSE ARRAY[]::text[] END AS changed\n    ) AS difference\n    WHERE TG_OP <> 'UPDATE' OR NOT changed <@ ARRAY['updated_at'];\n    RETURN NULL;\n", hash='b09d326cc44b4cdacb21ba8f8e8a41481bf89cd4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_audited_insert_89cbe', referencing='REFERENCING NEW TABLE AS new_rows ', table='node_links', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='nodelink',
            trigger=pgtrigger.compiler.Trigger(name='audited_update', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    INSERT INTO audit_logs (audit_id, organization_id, table_name, operation, record_id, old_data,\n        new_data, changed_fields, changed_by, changed_at, event_type, event_data, execution_id,\n        request_id)\n    SELECT public.uuid7_at(clock_timestamp()), tenant, TG_TABLE_NAME, TG_OP, record, old_row,\n        new_row, changed,\n        (SELECT nullif(current_setting('app.user_id', true), '')::uuid),\n        clock_timestamp(),\n        (SELECT nullif(current_setting('app.event_type', true), '')),\n        (SELECT nullif(current_setting('app.event_data', true), '')::jsonb),\n        (SELECT nullif(current_setting('app.execution_id', true), '')::uuid),\n        (SELECT nullif(current_setting('app.request_id', true), ''))\n    FROM (\n        SELECT n.organization_id AS tenant, n.link_id::text AS record, to_jsonb(o) AS old_row,\n            to_jsonb(n) AS new_row\n        FROM old_rows o JOIN new_rows n USING (link_id)\n    ) AS told, LATERAL (\n        SELECT CASE WHEN TG_OP = 'UPDATE' THEN ARRAY(\n            SELECT e.key FROM jsonb_each(new_row) e\n            WHERE e.value IS DISTINCT FROM old_row -> e.key ORDER BY e.key\n        ) ELSE ARRAY[]::text[] END AS changed\n    ) AS difference\n    WHERE TG_OP <> 'UPDATE' OR NOT changed <@ ARRAY['updated_at'];\n    RETURN NULL;\n", hash='1b764b93a38ecdba6887389f95a7db284af008b2', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_audited_update_0d4b1', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='node_links', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='nodelink',
            trigger=pgtrigger.compiler.Trigger(name='audited_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    INSERT INTO audit_logs (audit_id, organization_id, table_name, operation, record_id, old_data,\n        new_data, changed_fields, changed_by, changed_at, event_type, event_data, execution_id,\n        request_id)\n    SELECT public.uuid7_at(clock_timestamp()), tenant, TG_TABLE_NAME, TG_OP, record, old_row,\n        new_row, changed,\n        (SELECT nullif(current_setting('app.user_id', true), '')::uuid),\n        clock_timestamp(),\n        (SELECT nullif(current_setting('app.event_type', true), '')),\n        (SELECT nullif(current_setting('app.event_data', true), '')::jsonb),\n        (SELECT nullif(current_setting('app.execution_id', true), '')::uuid),\n        (SELECT nullif(current_setting('app.request_id', true), ''))\n    FROM (\n        SELECT o.organization_id AS tenant, o.link_id::text AS record, to_jsonb(o) AS old_row,\n            NULL::jsonb AS new_row\n        FROM old_rows o\n    ) AS told, LATERAL (\n        SELECT CASE WHEN TG_OP = 'UPDATE' THEN ARRAY(\n            SELECT e.key FROM jsonb_each(new_row) e\n            WHERE e.value IS DISTINCT FROM old_row -> e.key ORDER BY e.key\n        ) ELSE ARRAY[]::text[] END AS changed\n    ) AS difference\n    WHERE TG_OP <> 'UPDATE' OR NOT changed <@ ARRAY['updated_at'];\n    RETURN NULL;\n", hash='211c27865cac30f120b357afcad299a28d77142d', level='STATEMENT', operation='DELETE', pgid='pgtrigger_audited_delete_2aa36', referencing='REFERENCING OLD TABLE AS old_rows ', table='node_links', when='AFTER')),
        ),
    ]
