"""How fast the backlog drains, beside the embedder alone in a loop over the same texts."""

import random
import time
from collections.abc import Iterator

from benchmarks.corpus import write_sops
from benchmarks.figures import Figure, at_least, in_turns
from benchmarks.plan import Plan
from benchmarks.stack import Stack

_TEXTS = """
SELECT concat_ws(E'\\n', nullif(m.name, ''), nullif(c.heading, ''), nullif(c.summary, ''), c.text)
FROM node_chunks c JOIN node_metadata m ON m.metadata_id = c.node_id
WHERE c.organization_id = %s ORDER BY c.node_id, c.ordinal
"""
_FORGET = (
    "UPDATE node_chunks SET vector_embedding = NULL, embedding_model = '', dimensions = NULL",
    "TRUNCATE node_index_backlog",
    "INSERT INTO node_index_backlog (node_id, organization_id, marked_at, not_before, attempts,"
    " last_error) SELECT metadata_id, organization_id, now(), now(), 0, '' FROM node_metadata",
)
ROUNDS = 3


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield passages per second through the backlog and through the embedder alone."""
    from node_links.search.backlog import BATCH, drain
    from node_links.search.embedders import get_embedder

    write_sops(stack, plan.backlog, 3_000, random.Random(17))
    embedder = get_embedder()
    with stack.database() as connection:
        rows = connection.execute(_TEXTS, [stack.actor.organization_id]).fetchall()
        texts = [row[0] for row in rows]

        def through_backlog() -> float:
            for statement in _FORGET:
                connection.execute(statement.encode())
            started = time.perf_counter()
            drain()
            return len(texts) / (time.perf_counter() - started)

        def alone() -> float:
            size = BATCH * max(1, round(len(texts) / plan.backlog))
            started = time.perf_counter()
            for start in range(0, len(texts), size):
                embedder.embed(texts[start : start + size])
            return len(texts) / (time.perf_counter() - started)

        alone()
        mine, floor = in_turns(ROUNDS, through_backlog, alone)
    name = f"embedding backlog, {len(texts)} passages, against the embedder alone"
    yield at_least(name, f"{mine:.0f}/s", f"{floor:.0f}/s", mine / floor, 0.7)
