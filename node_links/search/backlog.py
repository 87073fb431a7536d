"""The backlog of nodes to embed: claimed, embedded, stored; never lost, never in a writer's way.

A run holds no lock while the embedder works:

1. claim (one transaction): take due rows, put their `not_before` one lease ahead, read the texts;
2. embed, outside any transaction, while the batch before is being stored;
3. store (one transaction, `storing.py`): vectors in, rows out whose `marked_at` is still the same.

A run that dies leaves its rows to whoever comes after the lease. Two runs at once take different
rows. A failure puts the row off, longer each time, and says so on it.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Min
from django.utils import timezone

from accounts.tenancy import system_scope
from config.db import prepared_cursor
from node_links.models import DirtyNode
from node_links.search.embedders import Embedder, get_embedder
from node_links.search.embedding import Outcome, embed_texts
from node_links.search.storing import give_back, put_off, store

BATCH = 64
OUTDATED_PER_RUN = 1000

# MATERIALIZED: a plan that asks the sub-select twice would lock, and take, more than the limit.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT node_id FROM node_index_backlog WHERE not_before <= clock_timestamp()
    ORDER BY not_before, node_id LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE node_index_backlog d SET not_before = clock_timestamp() + make_interval(secs => %s)
FROM due WHERE d.node_id = due.node_id
RETURNING d.node_id, d.marked_at
"""

# Only passages without a vector of this model: a change of one section embeds one section.
_TEXTS = """
SELECT c.node_id, c.chunk_id,
    concat_ws(E'\\n', nullif(m.name, ''), nullif(c.heading, ''), nullif(c.summary, ''), c.text)
FROM node_chunks c JOIN node_metadata m ON m.metadata_id = c.node_id
WHERE c.node_id = ANY(%s)
    AND (c.embedding_model <> %s OR c.dimensions IS DISTINCT FROM %s OR c.vector_embedding IS NULL)
ORDER BY c.node_id, c.ordinal
"""

# The models in use, by jumping from one to the next in the index; then a bounded number of nodes
# with passages of another model or length than today's, which also finds those never embedded.
# A node that a writer holds is left for the next time.
_MARK_OUTDATED = """
WITH RECURSIVE used (model) AS (
    (SELECT embedding_model FROM node_chunks ORDER BY embedding_model LIMIT 1)
    UNION ALL
    SELECT (SELECT embedding_model FROM node_chunks WHERE embedding_model > used.model
            ORDER BY embedding_model LIMIT 1)
    FROM used WHERE used.model IS NOT NULL
), outdated (node_id) AS (
    SELECT c.node_id FROM used JOIN node_chunks c ON c.embedding_model = used.model
    WHERE used.model <> %(model)s
    UNION ALL
    SELECT node_id FROM node_chunks
    WHERE embedding_model = %(model)s AND dimensions < %(dimensions)s
    UNION ALL
    SELECT node_id FROM node_chunks
    WHERE embedding_model = %(model)s AND dimensions > %(dimensions)s
), bounded AS MATERIALIZED (
    SELECT DISTINCT o.node_id FROM outdated o
    WHERE NOT EXISTS (SELECT FROM node_index_backlog d WHERE d.node_id = o.node_id)
    LIMIT %(limit)s
), free AS MATERIALIZED (
    SELECT metadata_id, organization_id FROM node_metadata
    WHERE metadata_id IN (SELECT node_id FROM bounded)
    ORDER BY metadata_id FOR KEY SHARE SKIP LOCKED
)
INSERT INTO node_index_backlog
    (node_id, organization_id, marked_at, not_before, attempts, last_error)
SELECT metadata_id, organization_id, clock_timestamp(), clock_timestamp(), 0, '' FROM free
ON CONFLICT (node_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Claimed nodes, when they were marked, and the texts of theirs that need vectors."""

    marked: dict[UUID, datetime] = field(default_factory=dict)
    texts: dict[UUID, list[tuple[UUID, str]]] = field(default_factory=dict)


def drain(batch: int = BATCH, until_empty: bool = True) -> int:
    """Embed the nodes that wait, of all organisations; return how many were done.

    Takes `batch` nodes at a time, once or until nothing is due. Stops at the first sign that the
    embedder is down: the rest stays due, and what was asked for waits a little.
    """
    embedder = get_embedder()
    done = 0
    current = _claim(embedder, batch)
    with ThreadPoolExecutor(1, thread_name_prefix="embedder") as pool:
        embedding = pool.submit(embed_texts, embedder, current.texts)
        while current.marked:
            following = _claim(embedder, batch) if until_empty else Batch()
            outcome = embedding.result()
            if outcome.outage:
                give_back(marked=following.marked)
                following = Batch()
            # The embedder is at work on the next batch while PostgreSQL stores this one.
            embedding = pool.submit(embed_texts, embedder, following.texts)
            done += _finish(embedder, current, outcome)
            current = following
    return done


def mark_outdated(limit: int = OUTDATED_PER_RUN) -> int:
    """Queue nodes whose passages carry another model's vectors or none; return how many.

    At most `limit` at a time: after a change of embedder the platform goes on with the old vectors
    out of sight and catches up run by run.
    """
    embedder = get_embedder()
    parameters: dict[str, Any] = {
        "model": embedder.model,
        "dimensions": embedder.dimensions,
        "limit": limit,
    }
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(_MARK_OUTDATED, parameters)
        return int(cursor.rowcount)


def backlog_size(organization_id: UUID | None = None) -> int:
    """Return how many nodes wait, of one organisation or of all."""
    with system_scope(organization_id):
        rows = DirtyNode.objects.all()
        if organization_id is not None:
            rows = rows.filter(organization_id=organization_id)
        return rows.count()


def backlog_age_seconds() -> float:
    """Return for how long the node has waited that waits longest, 0 if none does."""
    with system_scope():
        oldest = DirtyNode.objects.aggregate(oldest=Min("marked_at"))["oldest"]
    return 0.0 if oldest is None else max(0.0, (timezone.now() - oldest).total_seconds())


def _claim(embedder: Embedder, size: int) -> Batch:
    with system_scope(), prepared_cursor() as cursor:
        cursor.execute(_CLAIM, [size, settings.INDEX_LEASE_SECONDS])
        marked = dict(cursor.fetchall())
        texts: dict[UUID, list[tuple[UUID, str]]] = {}
        if marked:
            cursor.execute(_TEXTS, [list(marked), embedder.model, embedder.dimensions])
            for node, passage, text in cursor.fetchall():
                texts.setdefault(node, []).append((passage, text))
    return Batch(marked, texts)


def _finish(embedder: Embedder, batch: Batch, outcome: Outcome) -> int:
    if outcome.errors:
        put_off(marked=batch.marked, errors=outcome.errors)
    return store(
        marked={n: when for n, when in batch.marked.items() if n not in outcome.errors},
        vectors=outcome.vectors,
        model=embedder.model,
        dimensions=embedder.dimensions,
    )
