"""What an event is about, as people see it: of a run, what ran."""

from uuid import UUID

from node_links.events.envelope import Event


def subject_of(event: Event) -> tuple[str, UUID]:
    """Return feature and id of the entity that `event` concerns.

    Events of a run name what ran as `source_feature` and `workflow_id`: it has the owner whom a
    failure concerns, and repeated failures of it are one matter.
    """
    feature, entity = event.data.get("source_feature"), event.data.get("workflow_id")
    if feature is None or entity is None:
        return event.feature_type, event.entity_id
    return str(feature), UUID(str(entity))
