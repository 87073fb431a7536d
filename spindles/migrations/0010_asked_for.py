from django.db import migrations

# Asked with each event, each by a look into an index that is next to empty; functions, so that a
# session plans them once. By the subscribers `spindle-triggers` and `waiting-steps`, the second of
# which needs no trigger of its own any more.
_ASK = """
CREATE FUNCTION triggers_ask_for(organization uuid, type text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM spindle_triggers t
        WHERE t.organization_id = organization AND t.state = 'active' AND (t.event_type = type
            OR right(t.event_type, 1) = '*' AND starts_with(type, left(t.event_type, -1)))
    );
END
$$;
CREATE FUNCTION waiting_steps_ask_for(organization uuid, type text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM execution_steps s
        WHERE s.organization_id = organization AND s.wait_event = type
    );
END
$$;
DROP TRIGGER waiting_steps ON node_events;
DROP FUNCTION tell_waiting_steps();
"""
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
DROP FUNCTION triggers_ask_for;
DROP FUNCTION waiting_steps_ask_for;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("spindles", "0009_waiting_steps"),
        ("node_links", "0019_asked_for"),
    ]

    operations = [migrations.RunSQL([_ASK], [_FORGET, _TELL])]
