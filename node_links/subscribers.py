"""What the graph itself does when something happens."""

from django.utils.module_loading import autodiscover_modules

from node_links.caching.passing import drop_passed_states
from node_links.events.catalogue import entity_changes
from node_links.events.envelope import Event
from node_links.events.subscribing import subscribe
from node_links.notifications.kinds import kinds
from node_links.notifications.telling import tell
from node_links.registry import features
from node_links.services.links.drifting import follow_target
from node_links.webhooks.queueing import queue_messages

# Every app's kinds of notices first: they say which events anybody is told of.
autodiscover_modules("notices")


@subscribe("webhooks", ["*"], replayable=False, asked="webhooks_ask_for")
def tell_webhooks(event: Event) -> None:
    """Queue a message for each webhook that asked for this event."""
    queue_messages(event)


@subscribe("notifications", kinds.event_types(), replayable=False)
def notify_people(event: Event) -> None:
    """Write the notices of this event, and ring for the mails among them."""
    tell(event)


@subscribe(
    "version-pins", ["*Published", "WorkflowActivated", "*Archived", "*Deleted", "*Restored"]
)
def follow_version_pins(event: Event) -> None:
    """Tell of the links that lead to another state of their target now; twice is once."""
    if event.feature_type in features:
        follow_target(
            organization_id=event.organization_id,
            feature_type=event.feature_type,
            entity_id=event.entity_id,
        )


@subscribe("entity-cache", entity_changes(), replayable=False)
def drop_cached_states(event: Event) -> None:
    """Drop what the cache still holds of states that have passed; it waits for nothing long."""
    drop_passed_states(event.feature_type, event.entity_id)
