"""One subscriber that the relay serves itself, and one that Celery workers serve."""

from node_links.events.envelope import Event
from node_links.events.subscribing import subscribe
from tests.faults.ledger import HEAVY, LIGHT
from tests.node_links.events.effects import note


@subscribe(LIGHT, ["SopUpdated"])
def note_in_the_relay(event: Event) -> None:
    """Write that the event was heard."""
    note(event, LIGHT)


@subscribe(HEAVY, ["SopUpdated"], heavy=True)
def note_in_a_worker(event: Event) -> None:
    """Write that the event was heard."""
    note(event, HEAVY)
