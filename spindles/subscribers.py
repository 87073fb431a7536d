"""What spindles do when something happens elsewhere."""

from node_links.events.appearing import heal_when_it_appears
from node_links.events.envelope import Event
from node_links.events.subscribing import subscribe
from spindles.services.references import heal_references
from spindles.services.triggers.reacting import fire_on_event
from spindles.services.waiting import answer_steps
from spindles.triggers.definitions import UNHEARD

heal_when_it_appears("spindle_references", heal_references)


@subscribe("spindle-triggers", ["*"], replayable=False, without=UNHEARD, asked="triggers_ask_for")
def start_on_event(event: Event) -> None:
    """Start the spindles whose triggers wait for this event."""
    fire_on_event(event)


@subscribe("waiting-steps", ["*"], replayable=False, asked="waiting_steps_ask_for")
def answer_waiting_steps(event: Event) -> None:
    """Give the event to the steps that wait for it."""
    answer_steps(event)
