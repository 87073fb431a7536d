"""Storing what the embedder made, and putting off what it refused.

Locks are taken in the order in which writers take them (entity, node, backlog row), and an entity
or node that a writer holds is passed over: it is being changed and will be embedded anew. So
neither waits for the other, and there is no deadlock to break. A row of the backlog is waited for:
another run that looks for due ones holds those that were just claimed for the moment of its look.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import orjson
from django.db import connection

from accounts.tenancy import system_scope
from config.db import prepared_cursor
from config.exceptions import InfrastructureException
from node_links.registry import Feature, features

BACKOFF_SECONDS = 5
LONGEST_BACKOFF_SECONDS = 300
_LONGEST_ERROR = 200

_STORE_PASSAGES = """
UPDATE node_chunks c
SET vector_embedding = n.vector, embedding_model = %s::text, dimensions = %s,
    in_vector_index = false
FROM json_to_recordset(%s::json) AS n (chunk_id uuid, vector vector)
WHERE c.chunk_id = n.chunk_id AND c.node_id = ANY(%s)
"""

# A node's vector is the direction of the mean of its passages'. If they cancel out, it has none.
# One that was given for the text as it is now stays; its passages have theirs beside it.
_STORE_NODES = """
UPDATE node_metadata m
SET vector_embedding = CASE WHEN vector_norm(p.mean) > 0 THEN l2_normalize(p.mean) END,
    dimensions = CASE WHEN vector_norm(p.mean) > 0 THEN %s::int END,
    embedding_model = CASE WHEN vector_norm(p.mean) > 0 THEN %s::text ELSE '' END,
    in_vector_index = false, vector_given_for = NULL
FROM (
    SELECT node_id, avg(vector_embedding) AS mean FROM node_chunks
    WHERE node_id = ANY(%s) AND embedding_model = %s AND dimensions = %s GROUP BY node_id
) AS p
WHERE m.metadata_id = p.node_id AND m.vector_given_for IS DISTINCT FROM m.content_hash
"""

_OWN = """
SELECT feature_type, array_agg(entity_id) FROM node_metadata
WHERE metadata_id = ANY(%s) AND node_id IS NULL GROUP BY feature_type
"""

_ADDRESSES = """
SELECT metadata_id, feature_type, entity_id FROM node_metadata WHERE metadata_id = ANY(%s)
"""

_FREE = """
SELECT metadata_id FROM node_metadata WHERE metadata_id = ANY(%s)
ORDER BY metadata_id FOR NO KEY UPDATE SKIP LOCKED
"""

# Only as read: a row marked again since then has a newer text to be embedded.
_LOCK_ROWS = """
SELECT d.node_id FROM node_index_backlog d
JOIN unnest(%s::uuid[], %s::timestamptz[]) AS n (node_id, marked_at)
    ON d.node_id = n.node_id AND d.marked_at = n.marked_at
ORDER BY d.node_id FOR UPDATE OF d
"""

_PUT_OFF = """
UPDATE node_index_backlog d
SET attempts = d.attempts + 1, last_error = n.error,
    not_before = clock_timestamp()
        + make_interval(secs => least(%s * 2.0 ^ least(d.attempts, 20), %s))
FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[]) AS n (node_id, marked_at, error)
WHERE d.node_id = n.node_id AND d.marked_at = n.marked_at
"""

_GIVE_BACK = """
UPDATE node_index_backlog d SET not_before = clock_timestamp()
FROM unnest(%s::uuid[], %s::timestamptz[]) AS n (node_id, marked_at)
WHERE d.node_id = n.node_id AND d.marked_at = n.marked_at
"""


def store(
    *,
    marked: Mapping[UUID, datetime],
    vectors: Mapping[UUID, list[float]],
    model: str,
    dimensions: int,
) -> int:
    """Store the vectors of passages and of the nodes in `marked`; return how many nodes were done.

    `marked` says when each node was marked, as the run read it. Nodes that a writer holds or has
    marked again since are left in the backlog.
    """
    passages = _document(vectors)
    with system_scope(), prepared_cursor() as cursor:
        nodes = _lock(marked)
        cursor.execute(_LOCK_ROWS, [list(nodes), [marked[node] for node in nodes]])
        done = [node for (node,) in cursor.fetchall()]
        if not done:
            return 0
        cursor.execute(_STORE_PASSAGES, [model, dimensions, passages, done])
        cursor.execute(_STORE_NODES, [dimensions, model, done, model, dimensions])
        hand_over(done)
        cursor.execute("DELETE FROM node_index_backlog WHERE node_id = ANY(%s)", [done])
    return len(done)


def _document(vectors: Mapping[UUID, list[float]]) -> str:
    """Return the vectors as JSON, in single precision as PostgreSQL keeps them: half as long."""
    import numpy as np

    rows = np.asarray(list(vectors.values()), dtype=np.float32)
    return orjson.dumps(
        [{"chunk_id": pk, "vector": row} for pk, row in zip(vectors, rows, strict=True)],
        option=orjson.OPT_SERIALIZE_NUMPY,
    ).decode()


def put_off(*, marked: Mapping[UUID, datetime], errors: Mapping[UUID, Exception]) -> None:
    """Note each node's failure on its row and let it wait: 5 s, then twice as long, up to 300 s."""
    nodes = sorted(errors)
    told = [describe(errors[node]) for node in nodes]
    when = [marked[node] for node in nodes]
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(_PUT_OFF, [BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS, nodes, when, told])


def give_back(*, marked: Mapping[UUID, datetime]) -> None:
    """Make claimed rows due again, for a run that stops before it came to them."""
    nodes = sorted(marked)
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [nodes, [marked[node] for node in nodes]])


def hand_over(nodes: Collection[UUID]) -> None:
    """Give the vectors of these nodes to the features that keep a copy for their entities."""
    with prepared_cursor() as cursor:
        cursor.execute(_OWN, [list(nodes)])
        entities = dict(cursor.fetchall())
    for feature in _copying_features():
        ids = entities.get(feature.feature_type)
        if ids and feature.copy_vectors is not None:
            feature.copy_vectors(ids)


def describe(error: Exception) -> str:
    """Return class and message, short. Only our own messages are known to hold no secrets."""
    name = type(error).__name__
    if isinstance(error, InfrastructureException):
        return f"{name}: {error.message}"[:_LONGEST_ERROR]
    return name


def _lock(marked: Mapping[UUID, datetime]) -> list[UUID]:
    """Lock the nodes, before them the entities whose features keep a copy; return those we got."""
    with prepared_cursor() as cursor:
        cursor.execute(_ADDRESSES, [list(marked)])
        addresses = {node: (kind, entity) for node, kind, entity in cursor.fetchall()}
    for feature in _copying_features():
        wanted = {entity for kind, entity in addresses.values() if kind == feature.feature_type}
        locked = set(
            feature.model.all_objects.filter(pk__in=wanted)
            .select_for_update(skip_locked=True, no_key=True)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        busy = wanted - locked
        addresses = {node: place for node, place in addresses.items() if place[1] not in busy}
    with prepared_cursor() as cursor:
        cursor.execute(_FREE, [list(addresses)])
        return [node for (node,) in cursor.fetchall()]


def _copying_features() -> list[Feature]:
    return [feature for feature in features.all() if feature.copy_vectors is not None]
