"""What function models do when something happens elsewhere."""

from accounts.actors import system_actor
from function_models.services.references import heal_references
from node_links.events.envelope import Event
from node_links.events.subscribing import subscribe

APPEARED = (
    "SopCreated",
    "SopRestored",
    "WorkflowCreated",
    "WorkflowRestored",
    "FunctionModelCreated",
    "FunctionModelRestored",
)
"""The events after which something is there that an action may have referred to before."""


@subscribe("function_model_references", APPEARED)
def link_waiting_references(event: Event) -> None:
    """Link the actions that have waited for what has appeared."""
    heal_references(
        actor=system_actor(event.organization_id),
        feature=event.feature_type,
        entity_id=event.entity_id,
    )
