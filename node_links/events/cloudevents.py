"""Events as CloudEvents 1.0 in JSON (CNCF specification, section 3 of the JSON format)."""

from typing import Any

from node_links.events.envelope import Event

CONTENT_TYPE = "application/cloudevents+json"
SPEC_VERSION = "1.0"


def to_cloudevent(event: Event) -> dict[str, Any]:
    """Return `event` as a CloudEvent: JSON values only, without the attributes it does not have.

    `source` names the organisation and the feature, `subject` the entity and the node in it. Names
    of extension attributes hold lower-case letters and digits only, as the specification asks for.
    """
    node = f"/{event.node_id}" if event.node_id else ""
    attributes: dict[str, Any] = {
        "specversion": SPEC_VERSION,
        "id": str(event.id),
        "type": event.event_type,
        "source": f"/organizations/{event.organization_id}/{event.feature_type}",
        "subject": f"{event.entity_id}{node}",
        "time": event.timestamp.isoformat(),
        "datacontenttype": "application/json",
        "schemaversion": event.schema_version,
        "sequence": str(event.sequence),
        "featuretype": event.feature_type,
        "entityid": str(event.entity_id),
        "nodeid": event.node_id,
        "userid": _text(event.user_id),
        "correlationid": event.correlation_id,
        "causationid": _text(event.causation_id),
        "executionid": _text(event.execution_id),
        "replayed": event.replayed or None,
        "data": event.data,
    }
    return {name: value for name, value in attributes.items() if value is not None}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
