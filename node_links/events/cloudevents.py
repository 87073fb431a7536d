"""Events in the form of CloudEvents 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2)."""

from datetime import UTC
from typing import Any

from node_links.events.envelope import Event

MEDIA_TYPE = "application/cloudevents+json"
# As many digits as the largest sequence has: as text, too, sequences sort in their order.
DIGITS = 19


def to_cloudevent(event: Event) -> dict[str, Any]:
    """Return the event as a CloudEvent in JSON format, with plain JSON values.

    `source` names the organisation and `subject` the node inside it; `id` is unique on its own.
    `sequence` is the extension of that name, text in sortable form; `correlationid`, `causationid`
    and `executionid` are left out where the event has none.
    """
    subject = [event.feature_type, str(event.entity_id), event.node_id]
    extensions = {
        "correlationid": event.correlation_id,
        "causationid": event.causation_id,
        "executionid": event.execution_id,
    }
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": f"urn:nodeloom:organization:{event.organization_id}",
        "type": event.event_type,
        "time": event.timestamp.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "subject": "/".join(part for part in subject if part is not None),
        "datacontenttype": "application/json",
        "dataschema": f"urn:nodeloom:event-type:{event.event_type}:{event.schema_version}",
        "sequence": f"{event.sequence:0{DIGITS}}",
        "organizationid": str(event.organization_id),
        **{name: str(value) for name, value in extensions.items() if value is not None},
        "data": event.data,
    }
