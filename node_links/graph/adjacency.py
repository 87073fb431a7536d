"""Stepping along links: the one place that says what is next to what, and how far that goes.

The steps are taken inside the database by three functions (migration 0015): `graph_step` says which
entities are one link away, `graph_reach` repeats it level by level, `graph_path` from both ends.
Entities are told apart by their ids alone: the platform makes them, and none is made twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from config.exceptions import ValidationFailed
from config.replica import reader
from node_links.choices import FeatureType
from node_links.graph.bounds import MAX_VISITED, SOFT_SECONDS
from node_links.graph.nodes import Address

# `graph_step` tells features by their first letters: a number is cheaper to carry than a word.
FEATURE_OF_CODE = {ord(feature[0]): str(feature) for feature in FeatureType.values}

_REACH = """
SELECT * FROM graph_reach(
    %(organization)s, %(roots)s::uuid[], %(nodes)s::text[], %(depth)s,
    %(along)s::text[], %(along_listed)s, %(against)s::text[], %(against_listed)s,
    %(with_runtime)s, %(critical)s::text[], %(room)s, %(most)s, %(seconds)s)
"""
_PATH = """
SELECT * FROM graph_path(
    %(organization)s, %(source)s, %(source_node)s, %(target)s, %(target_node)s, %(depth)s,
    %(along)s::text[], %(along_listed)s, %(against)s::text[], %(against_listed)s,
    %(with_runtime)s, %(most)s, %(seconds)s)
"""


class Direction(StrEnum):
    """Which links are followed: along the arrow, against it, or either way."""

    OUT = "out"
    IN = "in"
    BOTH = "both"

    @classmethod
    def of(cls, value: str) -> "Direction":
        """Return the direction. Raises `ValidationFailed` for an unknown one."""
        if value not in list(cls):
            raise ValidationFailed.of("?direction", "invalid_choice", "Choose out, in or both.")
        return cls(value)


@dataclass(frozen=True, slots=True)
class Followed:
    """Which links lead on: those of which types from source to target, and from target to source.

    Each of `along` and `against` is None (not followed that way), or a set of types: only these
    where `…_listed`, else all but these. `critical` types count as strength 0.8 at least.
    """

    along: tuple[str, ...] | None
    along_listed: bool
    against: tuple[str, ...] | None
    against_listed: bool
    with_runtime: bool = True
    critical: tuple[str, ...] = ()

    @classmethod
    def by(cls, direction: Direction, types: Iterable[str] | None) -> "Followed":
        """Return links of `types` (None: all), followed in `direction`."""
        chosen, listed = tuple(types or ()), types is not None
        return cls(
            along=None if direction is Direction.IN else chosen,
            along_listed=listed,
            against=None if direction is Direction.OUT else chosen,
            against_listed=listed,
        )

    def parameters(self) -> dict[str, Any]:
        """Return the values that the functions of the database take."""
        return {
            "along": None if self.along is None else list(self.along),
            "along_listed": self.along_listed,
            "against": None if self.against is None else list(self.against),
            "against_listed": self.against_listed,
            "with_runtime": self.with_runtime,
            "critical": list(self.critical),
        }


@dataclass(frozen=True, slots=True)
class Reached:
    """What a walk has found.

    `distances` holds the nearest entities in order, those with the strongest way first among the
    equally near; `scores` their strength, the product along the strongest of the shortest ways.
    `total` and `by_feature` count all that were reached, shown or not; `truncated` says that there
    are more than are shown, or that the walk ended before its depth.
    """

    distances: dict[Address, int]
    scores: dict[Address, float]
    total: int
    by_feature: dict[str, int]
    truncated: bool


def reach(
    actor: Actor,
    roots: Iterable[Address],
    *,
    followed: Followed,
    depth: int,
    room: int,
    most: int = MAX_VISITED,
) -> Reached:
    """Return the living entities within `depth` links of `roots`, without them, in one query.

    At most `room` are told by name; the walk ends once it has found more than `most`.
    """
    places = list(roots)
    parameters = {
        **followed.parameters(),
        "organization": actor.tenant_id,
        "roots": [place.entity_id for place in places],
        "nodes": [place.node_id for place in places],
        "depth": depth,
        "room": room,
        "most": most,
        "seconds": SOFT_SECONDS,
    }
    with reader().cursor() as cursor:
        cursor.execute(_REACH, parameters)
        (row,) = cursor.fetchall()
    entities, codes, distances, scores, total, all_codes, counts, truncated = row
    found = [Address(FEATURE_OF_CODE[c], e) for e, c in zip(entities, codes, strict=True)]
    by_feature = {FEATURE_OF_CODE[c]: number for c, number in zip(all_codes, counts, strict=True)}
    return Reached(
        distances=dict(zip(found, distances, strict=True)),
        scores=dict(zip(found, scores, strict=True)),
        total=total,
        by_feature=dict(sorted(by_feature.items())),
        truncated=truncated,
    )


def walk(
    actor: Actor, source: Address, target: Address, *, followed: Followed, depth: int
) -> tuple[Sequence[UUID], bool]:
    """Return the entities of a shortest way from `source` to `target`, in one query.

    None are returned where there is no way of at most `depth` links; the second value says that
    the search was given up before.
    """
    parameters = {
        **followed.parameters(),
        "organization": actor.tenant_id,
        "source": source.entity_id,
        "source_node": source.node_id,
        "target": target.entity_id,
        "target_node": target.node_id,
        "depth": depth,
        "most": MAX_VISITED,
        "seconds": SOFT_SECONDS,
    }
    with reader().cursor() as cursor:
        cursor.execute(_PATH, parameters)
        ((entities, truncated),) = cursor.fetchall()
    return entities or [], truncated
