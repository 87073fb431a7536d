"""Recall and speed of the tenant's vector search among 100 000 vectors, beside the exact scan."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import psycopg

from benchmarks.figures import Figure, at_least, milliseconds, percentile
from benchmarks.plan import Plan
from benchmarks.stack import Stack

if TYPE_CHECKING:
    from accounts.actors import Actor

DIMENSIONS = 256
SIGNAL = 64
CLUSTERS = 2_000
NEAREST = 10
QUESTIONS = 60
SHARES = {"large": 0.5, "middle": 0.1, "small": 0.01, "others": 0.39}
MODEL = "synthetic"
INDEX = "node_metadata_hnsw_256"
_COPY = """
COPY node_metadata (metadata_id, organization_id, feature_type, entity_id, node_type, name,
    searchable, search_text, search_keywords, content_hash, text_length, position_x, position_y,
    visual_properties, metadata, created_at, updated_at, embedding_model, dimensions,
    vector_embedding, in_vector_index) FROM STDIN
"""
_EXACT = """
WITH compared AS MATERIALIZED (
    SELECT metadata_id, vector_embedding <=> %s::vector AS distance FROM node_metadata
    WHERE organization_id = %s AND embedding_model = %s AND dimensions = 256
)
SELECT metadata_id FROM compared ORDER BY distance, metadata_id LIMIT %s
"""


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield recall@10 and the time of a search for tenants of 50, 10 and 1 % of all vectors."""
    rng = np.random.default_rng(31)
    vectors, questions = _clustered(rng, plan.vectors)
    started = time.perf_counter()
    actors = _load(stack, vectors)
    yield Figure(
        f"building the HNSW index over {plan.vectors} vectors, with their COPY",
        f"{time.perf_counter() - started:.0f} s",
    )
    for name in ("large", "middle", "small"):
        yield from _compare(actors[name], name, questions)


def _clustered(rng: np.random.Generator, count: int) -> tuple[Any, Any]:
    """Return (vectors, questions): unit vectors around centres in a subspace, with some noise."""
    basis = np.linalg.qr(rng.standard_normal((DIMENSIONS, SIGNAL)))[0].T
    centres = rng.standard_normal((CLUSTERS, SIGNAL))

    def draw(number: int) -> Any:
        near = centres[rng.integers(0, CLUSTERS, number)]
        points = (near + 0.6 * rng.standard_normal((number, SIGNAL))) @ basis
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        return points.astype(np.float32)

    return draw(count), draw(QUESTIONS)


def _load(stack: Stack, vectors: Any) -> "dict[str, Actor]":
    """Write one node per vector, in the state that the sweep of the index leaves them in."""
    from accounts.actors import Actor
    from accounts.choices import Role
    from accounts.models import User
    from accounts.services import create_organization

    owner = User.objects.get(pk=stack.user.pk)
    actors = {}
    start = 0
    with stack.database() as connection:
        found = connection.execute("SELECT pg_get_indexdef(%s::regclass)", [INDEX]).fetchone()
        assert found is not None
        connection.execute(f"DROP INDEX {INDEX}".encode())
        for name, share in SHARES.items():
            organization = create_organization(name=name, slug=name, owner=owner)
            actors[name] = Actor(owner.pk, organization.pk, Role.OWNER)
            part = vectors[start : start + int(share * len(vectors))]
            _copy(connection, organization.pk, part)
            start += len(part)
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute(str(found[0]).encode())
        connection.execute("VACUUM ANALYZE node_metadata")
    return actors


def _copy(connection: psycopg.Connection, organization: UUID, vectors: Any) -> None:
    from django.conf import settings

    from config.ids import uuid7
    from node_links.search.vector_index import outside

    bound = settings.VECTOR_EXACT_ROWS
    indexed = len(vectors) - outside(bound) if len(vectors) > bound else 0
    fixed: tuple[Any, ...] = ("sop", "vector", True, "", [], "", 0.0, 0, 0, "{}", "{}")
    with connection.cursor() as cursor, cursor.copy(_COPY) as rows:
        for place, vector in enumerate(vectors):
            text = "[" + ",".join(f"{number:.7g}" for number in vector) + "]"
            pk = uuid7()
            head = (pk, organization, "knowledge-base", pk, *fixed, "now", "now")
            rows.write_row((*head, MODEL, DIMENSIONS, text, place < indexed))


def _compare(actor: "Actor", name: str, questions: Any) -> Iterator[Figure]:
    from django.db import connection

    from accounts.tenancy import scope
    from node_links.search.vectors import search_vectors

    mine: list[float] = []
    exact: list[float] = []
    hits = 0
    for question in questions:
        vector = [float(number) for number in question]
        with scope(actor):
            started = time.perf_counter()
            found = search_vectors(actor=actor, vector=vector, model=MODEL, limit=NEAREST)
            mine.append(time.perf_counter() - started)
            with connection.cursor() as cursor:
                started = time.perf_counter()
                parameters = [str(vector), actor.organization_id, MODEL, NEAREST]
                cursor.execute(_EXACT, parameters)
                nearest = {row[0] for row in cursor.fetchall()}
                exact.append(time.perf_counter() - started)
        hits += len(nearest & {near.key for near in found})
    recall = hits / (NEAREST * len(questions))
    share = f"{SHARES[name]:.0%}"
    a, b = percentile(mine, 0.5), percentile(exact, 0.5)
    yield Figure(
        f"vector search, tenant of {share}: recall@10",
        f"{recall:.3f}",
        ratio=recall,
        target=">= 0.95",
        met=recall >= 0.95,
    )
    title = f"vector search, tenant of {share}, against the exact scan"
    if name == "large":
        yield at_least(title, milliseconds(a), milliseconds(b), b / a, 10)
    else:
        yield Figure(title, milliseconds(a), milliseconds(b), b / a)
