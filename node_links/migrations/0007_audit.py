"""The audit trail: its table, the function that its triggers call, and the one way to shorten it."""

import config.ids
import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from accounts.rls import tenant_policy

# RFC 9562, section 6.2, method 3: the twelve bits after the version hold the fraction of the
# millisecond, so that ids made in one transaction stand in their order.
UUID_AT = """
CREATE FUNCTION uuid7_at(moment timestamptz) RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(
        substring(int8send(us / 1000) FROM 3)
        || substring(int4send((28672 + (us % 1000) * 4096 / 1000)::int) FROM 3)
        || substring(uuid_send(gen_random_uuid()) FROM 9), 'hex')::uuid
    FROM (SELECT (extract(epoch FROM moment) * 1000000)::bigint AS us) AS clock
$$
"""

REDACT = """
CREATE FUNCTION redact_audit(data jsonb, secret text[], hashed text[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    column_name text;
BEGIN
    FOREACH column_name IN ARRAY secret LOOP
        IF data ->> column_name IS NOT NULL THEN
            data := data || jsonb_build_object(column_name, '[redacted]');
        END IF;
    END LOOP;
    FOREACH column_name IN ARRAY hashed LOOP
        IF data ->> column_name IS NOT NULL THEN
            data := data || jsonb_build_object(column_name, 'sha256:' || encode(
                sha256(convert_to(data ->> column_name, 'UTF8')), 'hex'));
        END IF;
    END LOOP;
    RETURN data;
END
$$
"""

# SECURITY INVOKER: the policies below bind the row that is written as they bind its reader.
# Without a tenant (somebody changes their own account) the row has none, and operators see it.
WRITE = """
CREATE FUNCTION write_audit(of_table text, done text, old_row jsonb, new_row jsonb, key_column text,
    entity_column text, secret text[], hashed text[], ignored text[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    present jsonb := coalesce(new_row, old_row);
    changed text[] := '{}';
    tenant text := present ->> 'organization_id';
    moment timestamptz := clock_timestamp();
BEGIN
    old_row := old_row - ignored;
    new_row := new_row - ignored;
    IF done = 'UPDATE' THEN
        SELECT coalesce(array_agg(n.key ORDER BY n.key), '{}') INTO changed
          FROM jsonb_each(new_row) n WHERE n.value IS DISTINCT FROM old_row -> n.key;
        IF changed <@ ARRAY['updated_at'] THEN
            RETURN;
        END IF;
    END IF;
    IF cardinality(secret) + cardinality(hashed) > 0 THEN
        old_row := redact_audit(old_row, secret, hashed);
        new_row := redact_audit(new_row, secret, hashed);
    END IF;
    IF tenant IS NULL AND of_table = 'organizations' THEN
        tenant := present ->> key_column;
    END IF;
    INSERT INTO audit_logs (audit_id, organization_id, table_name, operation, record_id, old_data,
        new_data, changed_fields, changed_by, changed_at, event_type, event_data, execution_id,
        model_id, request_id)
    VALUES (uuid7_at(moment),
        coalesce(tenant, nullif(current_setting('app.organization_id', true), ''))::uuid,
        of_table, done, present ->> key_column, old_row, new_row, changed,
        nullif(current_setting('app.user_id', true), '')::uuid, moment,
        nullif(current_setting('app.event_type', true), ''),
        nullif(current_setting('app.event_data', true), '')::jsonb,
        nullif(current_setting('app.execution_id', true), '')::uuid,
        (present ->> entity_column)::uuid,
        nullif(current_setting('app.request_id', true), ''));
END
$$
"""

# Not a trigger of pgtrigger's: a setting would switch that off.
KEEP = [
    """
CREATE FUNCTION keep_audit_logs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('app.audit_cleanup', true) = 'on'
        AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit_logs is append-only' USING ERRCODE = 'restrict_violation';
END
$$
""",
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_logs"
    " FOR EACH ROW EXECUTE FUNCTION keep_audit_logs()",
]

# Runs as the owner of the tables, whom the trigger lets delete; the policies bind it as well.
CLEAN_UP = """
CREATE FUNCTION cleanup_audit_logs(before timestamptz, batch integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    removed integer;
    -- The lowest id of that moment: only the first eight bytes of an id are its time.
    bound uuid := encode(substring(uuid_send(uuid7_at(before)) FROM 1 FOR 8)
        || decode('0000000000000000', 'hex'), 'hex')::uuid;
BEGIN
    IF current_setting('app.role', true) IS DISTINCT FROM 'operator' THEN
        RAISE EXCEPTION 'only the platform itself shortens the audit trail'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF before > now() - interval '1 day' THEN
        RAISE EXCEPTION 'the last day of the audit trail is kept'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM set_config('app.audit_cleanup', 'on', true);
    DELETE FROM audit_logs WHERE audit_id IN (
        SELECT audit_id FROM audit_logs WHERE audit_id < bound ORDER BY audit_id LIMIT batch);
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('app.audit_cleanup', '', true);
    IF removed > 0 THEN
        INSERT INTO audit_logs (audit_id, table_name, operation, record_id, changed_fields,
            changed_by, changed_at, event_type, event_data, request_id)
        VALUES (uuid7_at(clock_timestamp()), 'audit_logs', 'DELETE', '', '{}',
            nullif(current_setting('app.user_id', true), '')::uuid, clock_timestamp(),
            'AuditLogsRemoved', jsonb_build_object('before', before, 'removed', removed),
            nullif(current_setting('app.request_id', true), ''));
    END IF;
    RETURN removed;
END
$$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_audit'),
        ("node_links", "0006_deliveries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(UUID_AT, "DROP FUNCTION uuid7_at(timestamptz)"),
        migrations.RunSQL(REDACT, "DROP FUNCTION redact_audit(jsonb, text[], text[])"),
        migrations.CreateModel(
            name='AuditLog',
            fields=[
                ('id', models.UUIDField(db_column='audit_id', default=config.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('table_name', models.CharField(max_length=63, verbose_name='table')),
                ('operation', models.CharField(choices=[('INSERT', 'Insert'), ('UPDATE', 'Update'), ('DELETE', 'Delete'), ('ACCESS', 'Access')], max_length=10)),
                ('record_id', models.TextField(verbose_name='row')),
                ('old_data', models.JSONField(null=True)),
                ('new_data', models.JSONField(null=True)),
                ('changed_fields', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('changed_at', models.DateTimeField(auto_now_add=True)),
                ('event_type', models.CharField(max_length=100, null=True)),
                ('event_data', models.JSONField(null=True)),
                ('execution_id', models.UUIDField(null=True)),
                ('model_id', models.UUIDField(null=True, verbose_name='entity')),
                ('request_id', models.CharField(max_length=128, null=True)),
            ],
            options={
                'verbose_name': 'audit record',
                'db_table': 'audit_logs',
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='auditlog',
            name='changed_by',
            field=models.ForeignKey(db_column='changed_by', db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='auditlog',
            name='organization',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.organization'),
        ),
        migrations.AddIndex(
            model_name='auditlog',
            index=models.Index(fields=['organization', 'id'], name='audit_logs_newest'),
        ),
        migrations.AddIndex(
            model_name='auditlog',
            index=models.Index(fields=['organization', 'record_id', 'id'], name='audit_logs_record'),
        ),
        migrations.AddIndex(
            model_name='auditlog',
            index=models.Index(fields=['organization', 'changed_by', 'id'], name='audit_logs_person'),
        ),
        migrations.AddIndex(
            model_name='auditlog',
            index=models.Index(fields=['organization', 'request_id'], name='audit_logs_request'),
        ),
        migrations.AddIndex(
            model_name='auditlog',
            index=models.Index(condition=models.Q(('model_id__isnull', False)), fields=['organization', 'model_id', 'id'], name='audit_logs_entity'),
        ),
        migrations.AddIndex(
            model_name='auditlog',
            index=models.Index(condition=models.Q(('execution_id__isnull', False)), fields=['organization', 'execution_id'], name='audit_logs_execution'),
        ),
        tenant_policy("audit_logs"),
        migrations.RunSQL(
            "CREATE POLICY without_tenant ON audit_logs FOR INSERT"
            " WITH CHECK (organization_id IS NULL)",
            "DROP POLICY without_tenant ON audit_logs",
        ),
        migrations.RunSQL(
            WRITE,
            "DROP FUNCTION write_audit(text, text, jsonb, jsonb, text, text, text[], text[],"
            " text[])",
        ),
        migrations.RunSQL(
            KEEP,
            ["DROP TRIGGER append_only ON audit_logs", "DROP FUNCTION keep_audit_logs()"],
        ),
        migrations.RunSQL(CLEAN_UP, "DROP FUNCTION cleanup_audit_logs(timestamptz, integer)"),
        pgtrigger.migrations.AddTrigger(
            model_name='nodelink',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'link_id', NULL, ARRAY[]::text[], ARRAY[]::text[], ARRAY[]::text[]); RETURN NULL;", hash='bc8e5451c45db85b5287fd6f687887056a5d5561', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_2cb5e', table='node_links', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='nodelinktype',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'type_id', NULL, ARRAY[]::text[], ARRAY[]::text[], ARRAY[]::text[]); RETURN NULL;", hash='c64a589fc445b8d5521cd9ccaa3f0fdfd3ab41f6', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_0cdff', table='node_link_types', when='AFTER')),
        ),
    ]
