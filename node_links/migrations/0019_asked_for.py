from django.db import migrations

# Asked with each event; a function, so that a session plans it once. By the subscriber `webhooks`.
_ASK = """
CREATE FUNCTION webhooks_ask_for(organization uuid, event_type text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM webhooks w
        WHERE w.organization_id = organization AND w.status = 'active' AND EXISTS (
            SELECT FROM unnest(w.types) AS wanted WHERE wanted = event_type
                OR right(wanted, 1) = '*' AND starts_with(event_type, left(wanted, -1))
        )
    );
END
$$
"""
_FORGET = "DROP FUNCTION webhooks_ask_for"


class Migration(migrations.Migration):
    dependencies = [("node_links", "0018_exports")]

    operations = [migrations.RunSQL(_ASK, _FORGET)]
