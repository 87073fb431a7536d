"""Telling of links that lead round in a circle."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from accounts.actors import Actor
from accounts.tenancy import system_scope
from node_links.events.recording import AggregateKey, record_event
from node_links.models import NodeEvent
from node_links.services.publishing.publication import ORGANIZATION

MAX_LENGTH, CRITICAL_LENGTH = 10, 3
CYCLES_TOLD = 100
"""So many cycles stand in one event, the shortest ones; `total_cycles` counts all."""


class Entity(Protocol):
    """An entity on the way."""

    @property
    def feature(self) -> str:
        """The first part of its address."""

    @property
    def entity_id(self) -> UUID:
        """The second part."""


class Cycle(Protocol):
    """A way along links that ends where it began."""

    @property
    def nodes(self) -> Sequence[Entity]:
        """The entities on the way, the first one not repeated."""

    @property
    def link_types(self) -> Sequence[Sequence[str]]:
        """The types of the links of each hop."""

    @property
    def contains_triggers(self) -> bool:
        """Whether one of the links triggers something."""

    @property
    def critical(self) -> bool:
        """Whether the way is long enough to be critical."""


class CycleReport(Protocol):
    """What the search for cycles came to."""

    @property
    def cycles(self) -> Sequence[Cycle]:
        """The cycles, the shortest first."""

    @property
    def total_cycles(self) -> int:
        """How many there are, as far as was looked."""


class FindCycles(Protocol):
    """Whoever finds the elementary cycles among the entities of the actor's organisation."""

    def __call__(
        self, *, actor: Actor, max_length: int, critical_length: int, include_runtime: bool
    ) -> CycleReport:
        """Return the cycles of at most so many links."""


def check_cycles(*, organization_id: UUID, find: FindCycles) -> bool:
    """Look for cycles in an organisation's links; return whether others are there than were told.

    Then `LinkCyclesDetected` is recorded, an event of the organisation itself. Where the cycles are
    those that were told last, or none are left, there is nothing to tell.
    """
    with system_scope(organization_id) as actor:
        report = find(
            actor=actor,
            max_length=MAX_LENGTH,
            critical_length=CRITICAL_LENGTH,
            include_runtime=False,
        )
        data = {
            "total_cycles": report.total_cycles,
            "critical_cycles": sum(cycle.critical for cycle in report.cycles),
            "cycles": [_told(cycle) for cycle in report.cycles[:CYCLES_TOLD]],
        }
        if not report.cycles or data == _told_last(organization_id):
            return False
        record_event(
            actor=actor,
            entity=AggregateKey(organization_id, ORGANIZATION, organization_id),
            event_type="LinkCyclesDetected",
            data=data,
        )
        return True


def _told(cycle: Cycle) -> dict[str, object]:
    return {
        "nodes": [f"{node.feature}:{node.entity_id}" for node in cycle.nodes],
        "length": len(cycle.nodes),
        "link_types": [list(types) for types in cycle.link_types],
        "contains_triggers": cycle.contains_triggers,
        "critical": cycle.critical,
    }


def _told_last(organization_id: UUID) -> object:
    rows = NodeEvent.objects.filter(
        organization_id=organization_id, event_type="LinkCyclesDetected"
    )
    return rows.order_by("-timestamp", "-pk").values_list("data", flat=True).first()
