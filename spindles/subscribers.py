"""What spindles do when something happens."""

from node_links.events.envelope import Event
from node_links.events.subscribing import subscribe
from spindles.services.triggers.reacting import fire_on_event
from spindles.triggers.definitions import UNHEARD


@subscribe("spindle-triggers", ["*"], replayable=False, without=UNHEARD)
def start_on_event(event: Event) -> None:
    """Start the spindles whose triggers wait for this event."""
    fire_on_event(event)
