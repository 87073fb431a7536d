"""Find the caller's membership and enter its tenant in one round trip."""

from django.db import migrations

# SECURITY INVOKER (the default): the function sees what its caller sees, that is the memberships
# of the user just named, by the policies of 0002.
CREATE = """
CREATE FUNCTION enter_member(wanted_user uuid, wanted_slug text, wanted_organization uuid)
RETURNS TABLE (organization_id uuid, role text, email text, name text, is_staff boolean)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('app.organization_id', '', true),
            set_config('app.user_id', wanted_user::text, true),
            set_config('app.role', '', true);
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


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_idempotency_row_level_security")]

    operations = [
        migrations.RunSQL(CREATE, "DROP FUNCTION enter_member(uuid, text, uuid)"),
    ]
