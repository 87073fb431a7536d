"""Who in the graph hears of events."""

from node_links.events.envelope import Event
from node_links.events.subscribing import subscribe
from node_links.webhooks.queueing import queue_messages


@subscribe("webhooks", ["*"], replayable=False)
def tell_webhooks(event: Event) -> None:
    """Queue a message for each webhook that asked for this event."""
    queue_messages(event)
