"""What spindles do when something happens elsewhere."""

from accounts.actors import system_actor
from node_links.events.envelope import Event
from node_links.events.subscribing import subscribe
from spindles.services.references import heal_references
from spindles.services.triggers.reacting import fire_on_event
from spindles.services.waiting import answer_steps
from spindles.triggers.definitions import UNHEARD

APPEARED = (
    "SopCreated",
    "SopRestored",
    "WorkflowCreated",
    "WorkflowRestored",
    "FunctionModelCreated",
    "FunctionModelRestored",
)
"""The events after which something is there that a step may have referred to before."""


@subscribe("spindle_references", APPEARED)
def link_waiting_references(event: Event) -> None:
    """Link the steps that have waited for what has appeared."""
    heal_references(
        actor=system_actor(event.organization_id),
        feature=event.feature_type,
        entity_id=event.entity_id,
    )


@subscribe("spindle-triggers", ["*"], replayable=False, without=UNHEARD)
def start_on_event(event: Event) -> None:
    """Start the spindles whose triggers wait for this event."""
    fire_on_event(event)


# No types: the database itself writes a delivery of each event that a step waits for, and of no
# other (see the migration of waiting steps).
@subscribe("waiting-steps", [], replayable=False)
def answer_waiting_steps(event: Event) -> None:
    """Give the event to the steps that wait for it."""
    answer_steps(event)
