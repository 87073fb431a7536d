"""Cycles of relationships: entities that depend on themselves by way of others."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import ValidationFailed
from config.replica import reader
from node_links.graph.arrows import Arrows, read_arrows
from node_links.graph.bounds import check_range, limited_time
from node_links.graph.elementary import OutOfTime, elementary_cycles
from node_links.graph.nodes import Address, GraphNode, find_nodes

MAX_CYCLES = 1000
MAX_LENGTH = 50
LONG = 4
"""A cycle of more links than this is worth a warning."""

SEARCH_SECONDS = 3.0
READ_SECONDS = 15.0
TRIGGERS = "triggers"


@dataclass(frozen=True, slots=True)
class Cycle:
    """One elementary cycle: no entity occurs twice.

    `nodes` are the entities from the least (by `feature:entity_id`) on, the start not repeated.
    `link_types[i]` are the types of the links from the i-th to the next one, sorted; the last lead
    back to the first.
    """

    nodes: list[GraphNode]
    link_types: list[list[str]]
    critical: bool

    @property
    def length(self) -> int:
        """The number of links."""
        return len(self.nodes)

    @property
    def contains_triggers(self) -> bool:
        """Whether one of the links starts something: then the cycle may run for ever."""
        return any(TRIGGERS in types for types in self.link_types)


@dataclass(frozen=True, slots=True)
class CycleReport:
    """Cycles by length, then by their nodes, at most 1000; `truncated` says that there are more."""

    cycles: list[Cycle]
    truncated: bool

    @property
    def total_cycles(self) -> int:
        """How many were found."""
        return len(self.cycles)

    @property
    def longest(self) -> int:
        """The length of the longest, 0 without any."""
        return max((cycle.length for cycle in self.cycles), default=0)

    @property
    def average_length(self) -> float:
        """The mean length, to four places; 0 without any."""
        total = sum(cycle.length for cycle in self.cycles)
        return round(total / len(self.cycles), 4) if self.cycles else 0.0

    @property
    def warnings(self) -> list[str]:
        """`contains_triggers`, and `long_cycle` for one of more than four links."""
        found = []
        if any(cycle.contains_triggers for cycle in self.cycles):
            found.append("contains_triggers")
        if self.longest > LONG:
            found.append("long_cycle")
        return found


_TYPES = """
SELECT p.source, p.target, array_agg(DISTINCT l.link_type ORDER BY l.link_type)
FROM unnest(%(sources)s::uuid[], %(targets)s::uuid[]) AS p (source, target)
JOIN node_links l ON l.organization_id = %(organization)s
    AND l.source_entity_id = p.source AND l.target_entity_id = p.target
WHERE %(with_runtime)s OR l.origin <> 'runtime'
GROUP BY p.source, p.target
"""


def find_cycles(
    *,
    actor: Actor,
    max_length: int = 10,
    critical_length: int = 3,
    include_runtime: bool = False,
) -> CycleReport:
    """Return every elementary cycle over the organisation's entities, each once.

    Links count as directed arrows, whatever their type reads like; parallel ones are one, those
    inside one entity none.

    Args:
        max_length: 2..50 links.
        critical_length: >= 0; cycles at least that long are critical.
        include_runtime: take the links that runs have left too.

    Raises:
        ValidationFailed: a parameter is out of range.
    """
    check_range("max_length", max_length, 2, MAX_LENGTH)
    if critical_length < 0:
        raise ValidationFailed.of("?critical_length", "min_value", "Choose 0 or more.")
    with limited_time(READ_SECONDS):
        arrows = read_arrows(actor, include_runtime=include_runtime)
        rings, complete = _first_cycles(arrows, max_length)
        addresses = {number: arrows.address(number) for ring in rings for number in ring}
        named = find_nodes(actor, addresses.values())
        places = [[addresses[number] for number in ring] for ring in rings]
        types = _types(actor, places, include_runtime)
    cycles = [
        Cycle(
            nodes=[named[place] for place in ring],
            link_types=[types[hop] for hop in _hops(ring)],
            critical=len(ring) >= critical_length,
        )
        for ring in places
        if all(place in named for place in ring) and all(hop in types for hop in _hops(ring))
    ]
    return CycleReport(cycles, truncated=not (complete and arrows.complete))


def _first_cycles(arrows: Arrows, max_length: int) -> tuple[list[list[int]], bool]:
    """Return the first cycles, and whether they are all."""
    rings: list[list[int]] = []
    deadline = time.monotonic() + SEARCH_SECONDS
    found = elementary_cycles(
        arrows.sources, arrows.targets, arrows.size, max_length=max_length, deadline=deadline
    )
    try:
        rings.extend(islice(found, MAX_CYCLES + 1))
    except OutOfTime:
        return rings[:MAX_CYCLES], False
    return rings[:MAX_CYCLES], len(rings) <= MAX_CYCLES


def _hops(ring: list[Address]) -> list[tuple[UUID, UUID]]:
    onward = [*ring[1:], ring[0]]
    return [(a.entity_id, b.entity_id) for a, b in zip(ring, onward, strict=True)]


def _types(
    actor: Actor, rings: Iterable[list[Address]], include_runtime: bool
) -> dict[tuple[UUID, UUID], list[str]]:
    """Return the types of the links of every hop, in one query."""
    hops = sorted({hop for ring in rings for hop in _hops(ring)})
    if not hops:
        return {}
    parameters: dict[str, Any] = {
        "organization": actor.tenant_id,
        "sources": [source for source, _ in hops],
        "targets": [target for _, target in hops],
        "with_runtime": include_runtime,
    }
    with reader().cursor() as cursor:
        cursor.execute(_TYPES, parameters)
        return {(source, target): types for source, target, types in cursor.fetchall()}
