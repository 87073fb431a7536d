"""What an operation on an entity does to the links at its ends, as a score."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from accounts.actors import Actor
from config.exceptions import ValidationFailed
from config.replica import reader
from node_links.graph.archive_risk import CRITICAL_STRENGTH, CRITICAL_TYPES
from node_links.graph.bounds import MAX_LIMIT, check_range, limited_time
from node_links.graph.kinds import LinkKind, link_kinds
from node_links.graph.links import ENDS, SHOWN, WIDTH, link_of
from node_links.graph.nodes import Address, GraphLink, require_nodes


class Operation(StrEnum):
    """What is about to be done with an entity or a node."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"
    DELETE = "delete"

    @classmethod
    def of(cls, value: str) -> "Operation":
        """Return the operation. Raises `ValidationFailed` for an unknown one."""
        if value not in list(cls):
            message = f"Choose from {', '.join(cls)}."
            raise ValidationFailed.of("?operation", "invalid_choice", message)
        return cls(value)


class Effect(StrEnum):
    """What becomes of a link."""

    BROKEN = "broken"
    WEAKENED = "weakened"


_EFFECTS = {
    Operation.DELETE: (Effect.BROKEN, Decimal("0.3")),
    Operation.ARCHIVE: (Effect.WEAKENED, Decimal("0.1")),
    Operation.UPDATE: (Effect.WEAKENED, Decimal("0.05")),
}
"""Operation -> what becomes of each link, and what that takes from the score."""


@dataclass(frozen=True, slots=True)
class Integrity:
    """What an operation does to the links that touch an entity (or one node in it).

    `affected_links` are the oldest of them up to the limit; `broken` and `weakened` count all.
    `critical` counts those that are stronger than 0.7, implement or trigger. `score` is 1.0 less
    0.3 for each broken link, 0.1 for each weakened by archiving, 0.05 by an update; never below 0.
    """

    operation: Operation
    affected_links: list[tuple[GraphLink, Effect]]
    broken: int
    weakened: int
    critical: int
    score: float
    truncated: bool


_TOUCHED = """
SELECT l.link_id, l.source_id, l.target_id, l.link_type, l.link_strength, l.origin,
    l.version_pin, l.visual_properties
FROM node_links l
WHERE l.organization_id = %(organization)s AND l.{here}_entity_id = %(entity)s
    AND l.{here}_feature = %(feature)s AND l.origin <> 'runtime'
    AND (%(node)s::text IS NULL OR l.{here}_node_id = %(node)s)
"""
_SOURCE = _TOUCHED.format(here="source")
_TARGET = _TOUCHED.format(here="target")

# UNION without ALL: a link inside the entity touches it at both ends, and is one link.
_DIRECT = f"""
SELECT {SHOWN}, count(*) OVER (),
    count(*) FILTER (WHERE l.link_strength > %(strong)s OR l.link_type = ANY(%(critical)s)) OVER ()
FROM ({_SOURCE} UNION {_TARGET}) l
{ENDS}
ORDER BY l.link_id LIMIT %(limit)s
"""  # noqa: S608 - constants only


def check_integrity(
    *, actor: Actor, address: Address, operation: str = Operation.DELETE, limit: int = 100
) -> Integrity:
    """Return what `operation` on a node does to the manual and derived links that touch it.

    Links that runs have left are history, and not counted; nor are those of deleted entities.

    Args:
        address: an entity with all nodes in it, or one node.
        operation: `create`, `update`, `archive` or `delete`.
        limit: 1..1000 links shown.

    Raises:
        NotFound: the node is unknown, foreign or deleted.
        ValidationFailed: a parameter is out of range.
    """
    act = Operation.of(operation)
    check_range("limit", limit, 1, MAX_LIMIT)
    require_nodes(actor, [address])
    with limited_time():
        return touched_links(actor, address, act, link_kinds(actor), limit=limit)


def touched_links(
    actor: Actor,
    address: Address,
    operation: Operation,
    kinds: Mapping[str, LinkKind],
    *,
    limit: int,
) -> Integrity:
    """Return the same for a node that is known to be there, in one query."""
    parameters: dict[str, Any] = {
        "organization": actor.tenant_id,
        "feature": address.feature,
        "entity": address.entity_id,
        "node": address.node_id,
        "strong": CRITICAL_STRENGTH,
        "critical": list(CRITICAL_TYPES),
        "limit": limit,
    }
    with reader().cursor() as cursor:
        cursor.execute(_DIRECT, parameters)
        rows = cursor.fetchall()
    total, critical = rows[0][WIDTH:] if rows else (0, 0)
    effect, penalty = _EFFECTS.get(operation, (None, Decimal(0)))
    affected = [(link_of(row, kinds), effect) for row in rows if effect is not None]
    return Integrity(
        operation=operation,
        affected_links=affected,
        broken=total if effect is Effect.BROKEN else 0,
        weakened=total if effect is Effect.WEAKENED else 0,
        critical=critical,
        score=float(max(Decimal(0), 1 - penalty * total)),
        truncated=len(affected) < total and effect is not None,
    )
