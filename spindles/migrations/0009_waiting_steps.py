from django.db import migrations

# An event that no step waits for costs a look into an index that is next to empty, and leaves
# nothing behind; one that is awaited becomes a delivery like those of every other subscriber.
_TELL = """
CREATE FUNCTION tell_waiting_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO event_deliveries (delivery_id, organization_id, event_id, subscriber, feature_type,
        entity_id, sequence, status, attempts, not_before, replayed, last_error, created_at)
    SELECT uuid7_at(clock_timestamp()), e.organization_id, e.event_id, 'waiting-steps',
        e.feature_type, e.entity_id, e.sequence, 'pending', 0, clock_timestamp(), false, '',
        clock_timestamp()
    FROM new_events e
    WHERE EXISTS (
        SELECT FROM execution_steps s
        WHERE s.organization_id = e.organization_id AND s.wait_event = e.event_type
    );
    IF FOUND THEN
        PERFORM pg_notify('nodeloom_deliveries', 'waiting-steps');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER waiting_steps AFTER INSERT ON node_events
    REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION tell_waiting_steps();
"""
_FORGET = """
DROP TRIGGER waiting_steps ON node_events;
DROP FUNCTION tell_waiting_steps();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("spindles", "0008_step_uses"),
        ("node_links", "0018_exports"),
    ]

    operations = [migrations.RunSQL(_TELL, _FORGET)]
