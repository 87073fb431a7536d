"""Triggers of the audit trail; entering a tenant tells PostgreSQL the request's id as well.

The triggers' function comes with a migration of node_links; it is looked up when they run.
"""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

DROP_THREE = "DROP FUNCTION enter_member(uuid, text, uuid)"
DROP_FOUR = "DROP FUNCTION enter_member(uuid, text, uuid, text)"

# SECURITY INVOKER (the default): the function sees what its caller sees, that is the memberships
# of the user just named, by the policies of 0002.
CREATE = """
CREATE FUNCTION enter_member(wanted_user uuid, wanted_slug text, wanted_organization uuid{more})
RETURNS TABLE (organization_id uuid, role text, email text, name text, is_staff boolean)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('app.organization_id', '', true),
            set_config('app.user_id', wanted_user::text, true),
            set_config('app.role', '', true){tell};
    SELECT m.organization_id, m.role, u.email, u.name, u.is_staff
      INTO organization_id, role, email, name, is_staff
      FROM memberships m
      JOIN users u ON u.id = m.user_id
      JOIN organizations o ON o.id = m.organization_id
     WHERE m.user_id = wanted_user AND u.is_active
       AND (wanted_slug IS NULL OR o.slug = wanted_slug)
       AND (wanted_organization IS NULL OR o.id = wanted_organization)
     ORDER BY m.created_at, m.id
     LIMIT 1;
    IF FOUND THEN
        PERFORM set_config('app.organization_id', organization_id::text, true),
                set_config('app.role', role, true);
        RETURN NEXT;
    END IF;
END
$$
"""
CREATE_THREE = CREATE.format(more="", tell="")
CREATE_FOUR = CREATE.format(
    more=", request text",
    tell=",\n            set_config('app.request_id', coalesce(request, ''), true)",
)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_enter_member'),
    ]

    operations = [
        migrations.RunSQL([DROP_THREE, CREATE_FOUR], [DROP_FOUR, CREATE_THREE]),
        pgtrigger.migrations.AddTrigger(
            model_name='accesskey',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF TG_OP = 'UPDATE' AND (OLD.id, OLD.organization_id, OLD.user_id, OLD.name, OLD.prefix, OLD.key_hash, OLD.scopes, OLD.rate_limit, OLD.expires_at, OLD.revoked_at, OLD.created_at) IS NOT DISTINCT FROM (NEW.id, NEW.organization_id, NEW.user_id, NEW.name, NEW.prefix, NEW.key_hash, NEW.scopes, NEW.rate_limit, NEW.expires_at, NEW.revoked_at, NEW.created_at) THEN RETURN NULL; END IF; PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'id', NULL, ARRAY['key_hash']::text[], ARRAY[]::text[], ARRAY['last_used_at']::text[]); RETURN NULL;", hash='b5ad66c0ee835c187165e65b0c0c57e7c7b6b09f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_a7d47', table='access_keys', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'id', NULL, ARRAY[]::text[], ARRAY[]::text[], ARRAY[]::text[]); RETURN NULL;", hash='fcf42211bf03d64ba2d7fcfdcc315adbf8fe09b8', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_1d558', table='memberships', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organization',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'id', NULL, ARRAY[]::text[], ARRAY[]::text[], ARRAY[]::text[]); RETURN NULL;", hash='4fef69066e0edebde0b601edfd3b116cc23d54ed', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_e72d1', table='organizations', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='audited', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF TG_OP = 'UPDATE' AND (OLD.password, OLD.is_superuser, OLD.id, OLD.email, OLD.name, OLD.is_active, OLD.is_staff, OLD.date_joined) IS NOT DISTINCT FROM (NEW.password, NEW.is_superuser, NEW.id, NEW.email, NEW.name, NEW.is_active, NEW.is_staff, NEW.date_joined) THEN RETURN NULL; END IF; PERFORM public.write_audit(TG_TABLE_NAME::text, TG_OP, to_jsonb(OLD), to_jsonb(NEW), 'id', NULL, ARRAY['password']::text[], ARRAY[]::text[], ARRAY['last_login']::text[]); RETURN NULL;", hash='06f46dab1b45b7ffc2113533b5ab6d3f99183c5e', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_audited_0c9f7', table='users', when='AFTER')),
        ),
    ]
