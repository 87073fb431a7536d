"""What a change of an entity reaches: directly and over further links, by which way, how hard."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod
from uuid import UUID

from accounts.actors import Actor
from node_links.choices import ChangeTravels
from node_links.graph.adjacency import Followed, Reached, reach
from node_links.graph.archive_risk import CRITICAL_TYPES
from node_links.graph.bounds import MAX_DEPTH, MAX_LIMIT, check_range, limited_time
from node_links.graph.integrity import Integrity, Operation, touched_links
from node_links.graph.kinds import LinkKind, check_types, link_kinds
from node_links.graph.nodes import Address, GraphNode, find_nodes, require_nodes
from node_links.graph.owners import Owner, find_owners
from node_links.graph.severity import Severity, carried, severity_of
from node_links.graph.usage import Usage, Used, usages
from node_links.graph.ways import find_ways


@dataclass(frozen=True, slots=True)
class Hop:
    """A link on the way of a change, and the node at which it arrives."""

    link_id: UUID
    link_type: str
    link_strength: float
    node: GraphNode


@dataclass(frozen=True, slots=True)
class Affected:
    """An entity that a change reaches, as the node at whose link the change arrives.

    `hops` is the strongest of the shortest ways, from the start on; its last node is this one.
    `score` is the product of what its links carry, see `severity`.
    """

    node: GraphNode
    distance: int
    hops: list[Hop]
    score: float
    severity: Severity


@dataclass(frozen=True, slots=True)
class Impact:
    """The answer to "what happens if": links, entities, people and runs that are touched.

    `affected` are at most `limit` entities, nearest first; `total` and `by_feature` count all that
    the change reaches. `recommendations` are codes: `repair_links` where links break,
    `recheck_cycles` where links are affected at all, `notify_owners` where others are reached.
    """

    node: GraphNode
    integrity: Integrity
    affected: list[Affected]
    total: int
    by_feature: dict[str, int]
    owners: list[Owner]
    usage: Mapping[Usage, Used]
    recommendations: list[str]
    truncated: bool


def impact(
    *,
    actor: Actor,
    address: Address,
    operation: str = Operation.UPDATE,
    depth: int = 3,
    types: Iterable[str] | None = None,
    limit: int = 100,
) -> Impact:
    """Return what `operation` on a node reaches, following each link the way a change travels.

    Args:
        address: an entity, or a node inside one: then only its own links carry the change out.
        operation: `create`, `update`, `archive` or `delete`.
        depth: 1..10 links.
        types: only links of these types carry the change; None for all.
        limit: 1..1000 entities, and as many direct links, are shown.

    Raises:
        NotFound: the node is unknown, foreign or deleted.
        ValidationFailed: a parameter is out of range.
    """
    act = Operation.of(operation)
    check_range("depth", depth, 1, MAX_DEPTH)
    check_range("limit", limit, 1, MAX_LIMIT)
    kinds = link_kinds(actor)
    followed = change_followed(kinds, check_types(kinds, types))
    (start,) = require_nodes(actor, [address])
    with limited_time():
        integrity = touched_links(actor, address, act, kinds, limit=limit)
        around = reach(actor, [address], followed=followed, depth=depth, room=limit)
        affected = _affected(actor, start, around, followed)
    owners = find_owners(actor, [address, *(one.node.address for one in affected)])
    return Impact(
        node=start,
        integrity=integrity,
        affected=affected,
        total=around.total,
        by_feature=around.by_feature,
        owners=owners,
        usage=usages.find(actor, address),
        recommendations=_recommendations(integrity, around.total),
        truncated=around.truncated or integrity.truncated,
    )


def change_followed(kinds: Mapping[str, LinkKind], types: Iterable[str] | None) -> Followed:
    """Return how a change travels over links of `types` (None: all).

    Links of a type that is not declared any more carry it from target to source, as a new type
    does.
    """
    chosen = kinds.keys() if types is None else set(types)
    on = [name for name in chosen if kinds[name].change_travels != ChangeTravels.TARGET_TO_SOURCE]
    only_on = [
        name for name in chosen if kinds[name].change_travels == ChangeTravels.SOURCE_TO_TARGET
    ]
    against = only_on if types is None else sorted(set(chosen) - set(only_on))
    return Followed(
        along=tuple(sorted(on)),
        along_listed=True,
        against=tuple(sorted(against)),
        against_listed=types is not None,
        with_runtime=False,
        critical=CRITICAL_TYPES,
    )


def _affected(
    actor: Actor, start: GraphNode, around: Reached, followed: Followed
) -> list[Affected]:
    ways = find_ways(actor, start.address, around, followed)
    arrivals = {key: way[-1].address for key, way in ways.items()}
    on_the_way = [step.address for way in ways.values() for step in way]
    named = find_nodes(actor, on_the_way)
    found = []
    for key, distance in around.distances.items():
        way = ways.get(key, [])
        if not way or any(step.address not in named for step in way):
            continue  # taken away since the walk
        hops = [
            Hop(
                step.link_id,
                step.link_type,
                step.strength,
                replace(named[step.address], distance=n),
            )
            for n, step in enumerate(way, start=1)
        ]
        score = prod(carried(step.link_type, step.strength) for step in way)
        node = replace(named[arrivals[key]], distance=distance)
        found.append(Affected(node, distance, hops, round(score, 4), severity_of(score)))
    return found


def _recommendations(integrity: Integrity, total: int) -> list[str]:
    advice = {
        "repair_links": integrity.broken > 0,
        "recheck_cycles": integrity.broken + integrity.weakened > 0,
        "notify_owners": total > 0,
    }
    return [code for code, needed in advice.items() if needed]
