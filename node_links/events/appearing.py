"""Mending what was drawn before that to which it refers was there."""

from typing import Protocol
from uuid import UUID

from accounts.actors import Actor, system_actor
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
"""The events after which something is there that a node may have referred to before."""


class Heal(Protocol):
    """Links the nodes of a feature that have waited for an entity."""

    def __call__(self, *, actor: Actor, feature: str, entity_id: UUID) -> object:
        """Link them, in the name of the platform."""


def heal_when_it_appears(subscriber: str, heal: Heal) -> None:
    """Let `heal` hear, under the name `subscriber`, of everything that has appeared."""

    @subscribe(subscriber, APPEARED)
    def link_waiting_references(event: Event) -> None:
        heal(
            actor=system_actor(event.organization_id),
            feature=event.feature_type,
            entity_id=event.entity_id,
        )
