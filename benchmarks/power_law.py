"""A generated graph whose degrees follow a power law, with a fixed seed, loaded by COPY."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import psycopg

SEED = 20_261
FEATURES = ("function-model", "knowledge-base", "event-storm", "spindle")
TYPES = (
    *("references", "implements", "documents", "supports"),
    *("nested", "triggers", "consumes", "produces"),
)
TYPE_SHARES = (0.3, 0.15, 0.1, 0.1, 0.05, 0.05, 0.15, 0.1)
_CHUNK = 50_000
_NODES = """
COPY node_metadata (metadata_id, organization_id, feature_type, entity_id, node_type, name,
    searchable, search_text, search_keywords, content_hash, text_length, position_x, position_y,
    visual_properties, metadata, created_at, updated_at, embedding_model, in_vector_index)
FROM STDIN
"""
_LINKS = """
COPY node_links (link_id, organization_id, source_id, target_id, source_feature, source_entity_id,
    target_feature, target_entity_id, link_type, base_strength, link_strength, link_context,
    visual_properties, origin, version_pin, created_at, updated_at) FROM STDIN
"""
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename = 'node_links' AND indexname NOT IN (
    SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u'))
"""


@dataclass(frozen=True)
class PowerLawGraph:
    """Entity `i` has the id `ids[i]` and stands at both ends of arrows as its number.

    As in the model of Barabasi and Albert, an entity of rank r is linked to about r ** -0.5 times
    as often as the first; how many links leave one differs less.
    """

    ids: list[UUID]
    sources: Any
    targets: Any
    types: Any
    strengths: Any

    @classmethod
    def draw(cls, nodes: int, links: int) -> "PowerLawGraph":
        """Return the graph of this size; always the same one. No two links are alike."""
        rng = np.random.default_rng(SEED)
        by_rank = rng.permutation(nodes)
        drawn = int(links * 1.05)
        sources = (nodes * rng.random(drawn) ** (1 / 0.75)).astype(np.int64)
        targets = by_rank[(nodes * rng.random(drawn) ** 2).astype(np.int64)]
        types = rng.choice(len(TYPES), drawn, p=TYPE_SHARES)
        keys = (sources * nodes + targets) * len(TYPES) + types
        _, first = np.unique(keys, return_index=True)
        kept = np.sort(first)
        kept = kept[sources[kept] != targets[kept]][:links]
        high, low = (rng.integers(0, 2**63, nodes) for _ in range(2))
        return cls(
            ids=[UUID(int=(int(a) << 64) | int(b)) for a, b in zip(high, low, strict=True)],
            sources=sources[kept],
            targets=targets[kept],
            types=types[kept],
            strengths=rng.random(len(kept)).round(4),
        )

    def feature(self, number: int) -> str:
        """Return the feature of an entity."""
        return FEATURES[number % len(FEATURES)]


def load(connection: psycopg.Connection, graph: PowerLawGraph, organization: UUID) -> None:
    """Write the graph as one organisation's, by COPY, and its indexes after the rows.

    The trail of a million links is not what is measured, so its trigger rests meanwhile.
    """
    indexes = connection.execute(_INDEXES).fetchall()
    connection.execute("SET maintenance_work_mem = '512MB'")
    connection.execute("ALTER TABLE node_links DISABLE TRIGGER USER")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
    _copy(connection, _NODES, _node_rows(graph, organization))
    _copy(connection, _LINKS, _link_rows(graph, organization))
    for _, definition in indexes:
        connection.execute(str(definition).encode())
    connection.execute("ALTER TABLE node_links ENABLE TRIGGER USER")
    connection.execute("VACUUM ANALYZE node_metadata, node_links")


def _copy(connection: psycopg.Connection, statement: str, lines: Iterator[str]) -> None:
    buffer = io.StringIO()
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for number, line in enumerate(lines, start=1):
            buffer.write(line)
            if number % _CHUNK == 0:
                copy.write(buffer.getvalue())
                buffer = io.StringIO()
        copy.write(buffer.getvalue())


def _node_rows(graph: PowerLawGraph, organization: UUID) -> Iterator[str]:
    rest = "t\t\t{}\t\t0\t0\t0\t{}\t{}\tnow\tnow\t\tf"
    for number, pk in enumerate(graph.ids):
        feature = graph.feature(number)
        name = f"Entity {number}"
        yield f"{pk}\t{organization}\t{feature}\t{pk}\t{feature}\t{name}\t{rest}\n"


def _link_rows(graph: PowerLawGraph, organization: UUID) -> Iterator[str]:
    texts = [str(pk) for pk in graph.ids]
    rows = zip(
        graph.sources.tolist(),
        graph.targets.tolist(),
        graph.types.tolist(),
        graph.strengths.tolist(),
        strict=True,
    )
    for number, (source, target, kind, strength) in enumerate(rows):
        a, b = texts[source], texts[target]
        yield (
            f"{UUID(int=(7 << 76) | number)}\t{organization}\t{a}\t{b}"
            f"\t{graph.feature(source)}\t{a}\t{graph.feature(target)}\t{b}"
            f"\t{TYPES[kind]}\t{strength}\t{strength}\t{{}}\t{{}}\tmanual\tlatest\tnow\tnow\n"
        )
