from importlib import import_module

from django.db import migrations

_TELL = import_module("spindles.migrations.0009_waiting_steps")._TELL

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
