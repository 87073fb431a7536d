"""Vectors of nodes, stored and searched directly (seed document 000, section 3).

The platform embeds nodes by itself (`backlog.py`); this is the door for vectors that come from
elsewhere. A vector that was given stays for as long as the text it was given for: the embedding run
after a change of the text puts the platform's own in its place.

Two vectors are compared only if the same model made them and they are equally long.
Writes need a transaction in which the actor's organisation is set; nodes of other organisations do
not exist for them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from accounts.actors import Actor
from config.exceptions import FieldError, NotFound, ValidationFailed
from node_links.models import NodeMetadata
from node_links.search.candidates import Candidates
from node_links.search.nearest import NODES, Neighbour, find_nearest, vector_literal

LONGEST_VECTOR = 16_000
"""What pgvector can hold."""

MOST_RESULTS = 1000
_LONGEST_MODEL = 100

_UPDATE = """
UPDATE node_metadata m
SET vector_embedding = n.vector::vector, dimensions = n.dimensions, embedding_model = %s,
    in_vector_index = false, vector_given_for = m.content_hash,
    updated_at = clock_timestamp(),
    metadata = m.metadata || coalesce(n.metadata::jsonb, '{}'),
    given_metadata = m.given_metadata || coalesce(n.metadata::jsonb, '{}')
FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::text[])
    AS n (metadata_id, vector, dimensions, metadata)
WHERE m.metadata_id = n.metadata_id AND m.organization_id = %s
"""


@dataclass(frozen=True, slots=True)
class NodeVector:
    """A vector for the node with the id `node`; members of `metadata` are added to the node's."""

    node: UUID
    vector: Sequence[float]
    metadata: dict[str, Any] | None = None


def insert_vector(
    *,
    actor: Actor,
    node: UUID,
    vector: Sequence[float],
    model: str,
    metadata: dict[str, Any] | None = None,
) -> None:
    """Give a node its vector, in place of one it may have. `NotFound`, `ValidationFailed`."""
    insert_vectors(actor=actor, vectors=[NodeVector(node, vector, metadata)], model=model)


def update_vector(*, actor: Actor, node: UUID, vector: Sequence[float], model: str) -> None:
    """Replace the vector of a node. `NotFound` where it has none."""
    with transaction.atomic():
        present = _nodes(actor).filter(pk=node).exclude(vector_embedding=None)
        if not present.select_for_update(no_key=True).exists():
            raise NotFound("The node has no vector.")
        insert_vector(actor=actor, node=node, vector=vector, model=model)


def delete_vector(*, actor: Actor, node: UUID) -> None:
    """Take a node's vector away; it is found by words only. `NotFound` where it has none."""
    if not delete_vectors(actor=actor, nodes=[node]):
        raise NotFound("The node has no vector.")


def delete_vectors(*, actor: Actor, nodes: Iterable[UUID]) -> int:
    """Take the vectors of many nodes away; return how many had one."""
    present = _nodes(actor).filter(pk__in=list(nodes)).exclude(vector_embedding=None)
    return int(
        present.update(
            vector_embedding=None,
            dimensions=None,
            embedding_model="",
            in_vector_index=False,
            vector_given_for=None,
        )
    )


def insert_vectors(*, actor: Actor, vectors: Iterable[NodeVector], model: str) -> int:
    """Give many nodes their vectors, all or none; return how many there were.

    Raises `ValidationFailed` with a pointer to each vector that cannot be stored, `NotFound` where
    any of the nodes does not exist for `actor`.
    """
    given = list({one.node: one for one in vectors}.values())
    _check_model(model)
    errors = [
        FieldError(f"/{place}/vector", *fault)
        for place, one in enumerate(given)
        if (fault := _fault(one.vector))
    ]
    if errors:
        raise ValidationFailed(errors=errors)
    columns: list[Any] = [
        [one.node for one in given],
        [vector_literal(one.vector) for one in given],
        [len(one.vector) for one in given],
        [None if one.metadata is None else orjson.dumps(one.metadata).decode() for one in given],
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_UPDATE, [model, *columns, actor.organization_id])
        if cursor.rowcount != len(given):
            raise NotFound("There is no such node.")
    return len(given)


def search_vectors(
    *,
    actor: Actor,
    vector: Sequence[float],
    model: str,
    limit: int = 10,
    feature_types: Iterable[str] | None = None,
) -> list[Neighbour]:
    """Return the `limit` (1 to 1000) nodes nearest to `vector` by cosine, the nearest first.

    `ValidationFailed` for a vector that cannot be compared with anything.
    """
    _check_model(model)
    check_vector(vector)
    if not 1 <= limit <= MOST_RESULTS:
        raise ValidationFailed.of("/limit", "out_of_range", f"limit is 1 to {MOST_RESULTS}.")
    return find_nearest(
        table=NODES,
        candidates=Candidates.of(actor, feature_types),
        model=model,
        vector=vector,
        limit=limit,
    )


def search_vectors_batch(
    *, actor: Actor, vectors: Sequence[Sequence[float]], model: str, limit: int = 10
) -> list[list[Neighbour]]:
    """Return `search_vectors` of each vector, in the same order; one bad vector refuses all."""
    for place, vector in enumerate(vectors):
        check_vector(vector, pointer=f"/{place}")
    return [
        search_vectors(actor=actor, vector=vector, model=model, limit=limit) for vector in vectors
    ]


def check_vector(
    vector: Sequence[float], *, dimensions: int | None = None, pointer: str = "/vector"
) -> None:
    """Refuse (`ValidationFailed`) what has no direction: empty, not finite, all zero, too long.

    `dimensions` is the length it must have, if it is known.
    """
    fault = _fault(vector, dimensions)
    if fault:
        raise ValidationFailed.of(pointer, *fault)


def _fault(vector: Sequence[float], dimensions: int | None = None) -> tuple[str, str] | None:
    if dimensions is not None and len(vector) != dimensions:
        return "wrong_dimensions", f"The vector has {len(vector)} numbers, not {dimensions}."
    if not 1 <= len(vector) <= LONGEST_VECTOR:
        return "wrong_dimensions", f"A vector has 1 to {LONGEST_VECTOR} numbers."
    if not all(_is_storable(number) for number in vector):
        return "not_finite", "A vector is made of finite numbers."
    # The length that pgvector will compute, in single precision.
    if not 1e-30 < math.fsum(number * number for number in vector) < 1e30:
        return "no_direction", "A vector of this length has no direction to compare."
    return None


def _is_storable(number: float) -> bool:
    return (
        isinstance(number, (int, float))
        and not isinstance(number, bool)
        and math.isfinite(number)
        and abs(number) < 1e15
    )


def _check_model(model: str) -> None:
    if not 1 <= len(model) <= _LONGEST_MODEL:
        raise ValidationFailed.of(
            "/model", "invalid_length", f"A model's name has 1 to {_LONGEST_MODEL} characters."
        )


def _nodes(actor: Actor) -> Any:
    return NodeMetadata.objects.visible_to(actor)
