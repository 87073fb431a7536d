"""Vectors stored and searched directly; recall under a tenant's filter."""

import math
import random
from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.actors import Actor
from accounts.tenancy import scope, system_scope
from config.exceptions import NotFound, ValidationFailed
from node_links.choices import FeatureType
from node_links.models import NodeMetadata
from node_links.search.vector_index import index_vectors
from node_links.search.vectors import (
    NodeVector,
    delete_vector,
    insert_vector,
    insert_vectors,
    search_vectors,
    search_vectors_batch,
    update_vector,
)
from tests.node_links.search.conftest import new_actor

pytestmark = pytest.mark.django_db

MODEL = "test-model"
DIMENSIONS = 256


def add_nodes(actor: Actor, count: int) -> list[NodeMetadata]:
    """Create nodes without vectors."""
    assert actor.organization_id is not None
    with scope(actor):
        return NodeMetadata.objects.bulk_create(
            NodeMetadata(
                organization_id=actor.organization_id,
                feature_type=FeatureType.KNOWLEDGE_BASE,
                entity_id=uuid4(),
                node_type="sop",
                name=f"node {n}",
            )
            for n in range(count)
        )


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the cosine of two vectors."""
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def random_vectors(count: int, dimensions: int = DIMENSIONS, seed: int = 1) -> list[list[float]]:
    """Return reproducible vectors that lie around common topics, as embeddings do.

    Without topics everything is equally far from everything, and no index finds its way.
    """
    topics_rng, rng = random.Random("topics"), random.Random(seed)
    topics = [[topics_rng.gauss(0, 1) for _ in range(dimensions)] for _ in range(40)]
    return [[x + rng.gauss(0, 0.4) for x in rng.choice(topics)] for _ in range(count)]


def nearest_by_hand(
    vectors: dict[UUID, list[float]], query: Sequence[float], limit: int
) -> list[UUID]:
    """Return the keys of the nearest vectors, the nearest first."""
    return sorted(vectors, key=lambda key: -cosine(vectors[key], query))[:limit]


def test_a_stored_vector_is_found_with_its_similarity(actor: Actor) -> None:
    east, north = add_nodes(actor, 2)
    with scope(actor):
        insert_vector(actor=actor, node=east.pk, vector=[3, 0], model=MODEL)
        insert_vector(actor=actor, node=north.pk, vector=[0, 2], model=MODEL, metadata={"a": 1})

        found = search_vectors(actor=actor, vector=[1.0, 0.1], model=MODEL)

        assert [near.node for near in found] == [east.pk, north.pk]
        assert [near.key for near in found] == [east.pk, north.pk]
        assert found[0].similarity == pytest.approx(1 / math.sqrt(1.01))
        assert found[1].similarity == pytest.approx(0.1 / math.sqrt(1.01))
        assert found[0].entity_id == east.entity_id
        north.refresh_from_db()
        assert (north.metadata, north.embedding_model, north.dimensions) == ({"a": 1}, MODEL, 2)


def test_inserting_again_replaces_the_vector(actor: Actor) -> None:
    [node] = add_nodes(actor, 1)
    with scope(actor):
        for vector in ([1.0, 0.0], [0.0, 1.0, 0.0]):
            insert_vector(actor=actor, node=node.pk, vector=vector, model=MODEL)

        assert search_vectors(actor=actor, vector=[1, 0], model=MODEL) == []
        [near] = search_vectors(actor=actor, vector=[0, 1, 0], model=MODEL)
        assert near.similarity == 1.0


def test_update_and_delete_want_a_vector_to_be_there(actor: Actor) -> None:
    [node] = add_nodes(actor, 1)
    with scope(actor):
        refusals: list[Callable[[], None]] = [
            lambda: update_vector(actor=actor, node=node.pk, vector=[1, 0], model=MODEL),
            lambda: delete_vector(actor=actor, node=node.pk),
        ]
        for refused in refusals:
            with pytest.raises(NotFound):
                refused()
        insert_vector(actor=actor, node=node.pk, vector=[1, 0], model=MODEL)
        update_vector(actor=actor, node=node.pk, vector=[0, 1], model=MODEL)
        [near] = search_vectors(actor=actor, vector=[0, 1], model=MODEL)
        assert near.similarity == 1.0

        delete_vector(actor=actor, node=node.pk)

        assert search_vectors(actor=actor, vector=[0, 1], model=MODEL) == []


def test_a_batch_is_stored_whole_or_not_at_all(actor: Actor) -> None:
    nodes = add_nodes(actor, 3)
    good = [NodeVector(node.pk, [1.0, float(n)]) for n, node in enumerate(nodes)]
    with scope(actor):
        with pytest.raises(ValidationFailed) as refused:
            bad = [*good, NodeVector(uuid4(), []), NodeVector(uuid4(), [math.nan, 1])]
            insert_vectors(actor=actor, vectors=bad, model=MODEL)
        assert [e.pointer for e in refused.value.errors] == ["/3/vector", "/4/vector"]
        with pytest.raises(NotFound):
            missing = [*good, NodeVector(uuid4(), [1.0, 0.0])]
            insert_vectors(actor=actor, vectors=missing, model=MODEL)
        assert not NodeMetadata.objects.exclude(vector_embedding=None).exists()

        assert insert_vectors(actor=actor, vectors=good, model=MODEL) == 3

        queries = [[1.0, 0.0], [0.0, 1.0]]
        found = search_vectors_batch(actor=actor, vectors=queries, model=MODEL, limit=1)
        assert [[near.node for near in one] for one in found] == [[nodes[0].pk], [nodes[2].pk]]


@pytest.mark.parametrize(
    ("vector", "code"),
    [
        ([], "wrong_dimensions"),
        ([0.1] * 16_001, "wrong_dimensions"),
        ([math.nan, 1.0], "not_finite"),
        ([math.inf, 1.0], "not_finite"),
        ([1e300, 1.0], "not_finite"),
        (["1", 1.0], "not_finite"),
        ([True, 1.0], "not_finite"),
        ([0.0, 0.0], "no_direction"),
        ([1e-30, 0.0], "no_direction"),
    ],
)
def test_a_vector_without_direction_is_refused(
    actor: Actor, vector: list[float], code: str
) -> None:
    [node] = add_nodes(actor, 1)
    with scope(actor):
        with pytest.raises(ValidationFailed) as stored:
            insert_vector(actor=actor, node=node.pk, vector=vector, model=MODEL)
        with pytest.raises(ValidationFailed) as searched:
            search_vectors(actor=actor, vector=vector, model=MODEL)

        assert [e.code for e in stored.value.errors] == [code]
        assert [(e.pointer, e.code) for e in searched.value.errors] == [("/vector", code)]
        node.refresh_from_db()
        assert node.vector_embedding is None


def test_limit_and_model_are_checked(actor: Actor) -> None:
    for options in ({"limit": 0}, {"limit": 1001}, {"model": ""}, {"model": "x" * 101}):
        with scope(actor), pytest.raises(ValidationFailed):
            search_vectors(**{"actor": actor, "vector": [1.0], "model": MODEL, **options})  # type: ignore[arg-type]


def test_vectors_of_another_model_or_length_are_never_compared(actor: Actor) -> None:
    a, b, c = add_nodes(actor, 3)
    with scope(actor):
        insert_vector(actor=actor, node=a.pk, vector=[1, 0], model=MODEL)
        insert_vector(actor=actor, node=b.pk, vector=[1, 0], model="other")
        insert_vector(actor=actor, node=c.pk, vector=[1, 0, 0], model=MODEL)

        found = search_vectors(actor=actor, vector=[1, 0], model=MODEL)

        assert [near.node for near in found] == [a.pk]


def test_a_stranger_neither_finds_nor_changes_a_vector(actor: Actor) -> None:
    stranger = new_actor("globex")
    [node] = add_nodes(actor, 1)
    with scope(actor):
        insert_vector(actor=actor, node=node.pk, vector=[1, 0], model=MODEL)

    for wall in (scope(stranger), system_scope()):
        with wall:
            assert search_vectors(actor=stranger, vector=[1, 0], model=MODEL) == []
            with pytest.raises(NotFound):
                insert_vector(actor=stranger, node=node.pk, vector=[0, 1], model=MODEL)
            with pytest.raises(NotFound):
                update_vector(actor=stranger, node=node.pk, vector=[0, 1], model=MODEL)
            with pytest.raises(NotFound):
                delete_vector(actor=stranger, node=node.pk)

    with scope(actor):
        [near] = search_vectors(actor=actor, vector=[1, 0], model=MODEL)
        assert near.similarity == 1.0


@pytest.fixture
def crowd(actor: Actor, settings: Settings) -> dict[UUID, list[float]]:
    """Give Acme 1 % of the vectors: 2 000 of Globex lie in the HNSW index, 20 of Acme beside it."""
    settings.VECTOR_EXACT_ROWS = 50
    globex = new_actor("globex")
    for owner, count, seed in ((globex, 2000, 1), (actor, 20, 2)):
        nodes = add_nodes(owner, count)
        vectors = random_vectors(count, seed=seed)
        with scope(owner):
            pairs = [NodeVector(n.pk, v) for n, v in zip(nodes, vectors, strict=True)]
            insert_vectors(actor=owner, vectors=pairs, model=MODEL)
    assert index_vectors() == 1998  # 2000 - 50 // 20
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE node_metadata")
    return {node.pk: vector for node, vector in zip(nodes, vectors, strict=True)}


def test_a_tenant_of_one_percent_gets_what_an_exact_search_gets(
    actor: Actor, crowd: dict[UUID, list[float]]
) -> None:
    for query in random_vectors(20, seed=3):
        with scope(actor):
            found = search_vectors(actor=actor, vector=query, model=MODEL, limit=10)

        assert [near.node for near in found] == nearest_by_hand(crowd, query, 10)


def test_a_large_tenant_is_searched_in_the_index_and_beside_it(
    actor: Actor, crowd: dict[UUID, list[float]], settings: Settings
) -> None:
    more = add_nodes(actor, 300)
    vectors = random_vectors(300, seed=4)
    with scope(actor):
        pairs = [NodeVector(n.pk, v) for n, v in zip(more, vectors, strict=True)]
        insert_vectors(actor=actor, vectors=pairs, model=MODEL)
    everything = {**crowd, **{n.pk: v for n, v in zip(more, vectors, strict=True)}}
    assert index_vectors() == 318  # 320 - 50 // 20

    hits = 0
    queries = random_vectors(20, seed=5)
    for query in queries:
        with scope(actor):
            found = search_vectors(actor=actor, vector=query, model=MODEL, limit=10)
        assert len(found) == 10
        hits += len({near.node for near in found} & set(nearest_by_hand(everything, query, 10)))

    assert hits / (10 * len(queries)) >= 0.95


def test_never_fewer_rows_than_there_are(actor: Actor, crowd: dict[UUID, list[float]]) -> None:
    with system_scope():
        NodeMetadata.objects.filter(pk__in=list(crowd)).update(in_vector_index=True)

    with scope(actor):
        found = search_vectors(actor=actor, vector=random_vectors(1)[0], model=MODEL, limit=50)

    assert sorted(near.node for near in found) == sorted(crowd)


def test_the_index_is_moved_into_step_by_step(actor: Actor, settings: Settings) -> None:
    settings.VECTOR_EXACT_ROWS = 20
    nodes = add_nodes(actor, 30)
    with scope(actor):
        vectors = random_vectors(30)
        pairs = [NodeVector(n.pk, v) for n, v in zip(nodes, vectors, strict=True)]
        insert_vectors(actor=actor, vectors=pairs, model=MODEL)

    assert [index_vectors(limit=12) for _ in range(4)] == [12, 12, 5, 0]

    with scope(actor):
        rows = NodeMetadata.objects.order_by("pk").values_list("in_vector_index", flat=True)
        assert list(rows) == [True] * 29 + [False]
        insert_vector(actor=actor, node=nodes[0].pk, vector=vectors[0], model=MODEL)
        nodes[0].refresh_from_db()
        assert not nodes[0].in_vector_index


def test_the_index_scan_uses_the_index(actor: Actor, crowd: dict[UUID, list[float]]) -> None:
    literal = str(random_vectors(1)[0])
    with scope(actor), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT metadata_id FROM node_metadata WHERE dimensions = 256"
            " AND in_vector_index ORDER BY vector_embedding::vector(256) <=> %s::vector(256)"
            " LIMIT 10",
            [literal],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "node_metadata_hnsw_256" in plan
