"""The walks of the database beside those of a library, on graphs drawn at random."""

from uuid import UUID

import pytest
import rustworkx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tenancy import scope
from config.ids import uuid7
from node_links.graph.connected import connected
from node_links.graph.nodes import Address
from node_links.graph.paths import shortest_path
from node_links.models import NodeLink, NodeMetadata
from tests.factories import Cast
from tests.node_links.graph.world import KB

pytestmark = pytest.mark.django_db

SIZE = 12
NUMBER = st.integers(0, SIZE - 1)
ARROWS = st.lists(
    st.tuples(NUMBER, NUMBER).filter(lambda ab: ab[0] != ab[1]), unique=True, max_size=30
)
DELETED = st.sets(st.integers(2, SIZE - 1), max_size=4)


def write(cast: Cast, arrows: list[tuple[int, int]]) -> list[UUID]:
    """Write entities and links as rows; return the ids of the entities."""
    ids = [uuid7() for _ in range(SIZE)]
    tenant = cast.organization.pk
    rows = [
        NodeMetadata(
            organization_id=tenant, feature_type=KB, entity_id=pk, node_type="sop", name=str(pk)
        )
        for pk in ids
    ]
    NodeMetadata.objects.bulk_create(rows)
    NodeLink.objects.bulk_create(
        NodeLink(
            organization_id=tenant,
            source=rows[a],
            target=rows[b],
            source_feature=KB,
            source_entity_id=ids[a],
            target_feature=KB,
            target_entity_id=ids[b],
            link_type="references",
        )
        for a, b in arrows
    )
    return ids


@given(
    arrows=ARROWS,
    deleted=DELETED,
    direction=st.sampled_from(["out", "in", "both"]),
    depth=st.integers(1, 6),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_distances_and_ways_are_those_of_rustworkx(
    cast: Cast, arrows: list[tuple[int, int]], deleted: set[int], direction: str, depth: int
) -> None:
    graph: rustworkx.PyDiGraph[int, int] = rustworkx.PyDiGraph()
    graph.add_nodes_from(list(range(SIZE)))
    for a, b in arrows:
        if not {a, b} & deleted:
            if direction != "in":
                graph.add_edge(a, b, 1)
            if direction != "out":
                graph.add_edge(b, a, 1)
    lengths = dict(rustworkx.dijkstra_shortest_path_lengths(graph, 0, float))

    actor = cast.viewer.actor
    with scope(actor):
        ids = write(cast, arrows)
        gone = [ids[number] for number in deleted]
        NodeMetadata.objects.filter(entity_id__in=gone).update(deleted_at="2026-01-01T00:00Z")
        start, end = Address(KB, ids[0]), Address(KB, ids[1])
        near = connected(actor=actor, address=start, depth=depth, direction=direction)
        way = shortest_path(actor=actor, source=start, target=end, depth=depth, direction=direction)

    expected = {ids[one]: far for one, far in lengths.items() if 0 < far <= depth}
    assert {node.entity_id: node.distance for node in near.nodes} == expected
    assert near.total == len(expected)
    assert way.length == expected.get(ids[1])
    if way.length is not None:
        numbers = [ids.index(node.entity_id) for node in way.nodes]
        assert all(graph.has_edge(a, b) for a, b in zip(numbers, numbers[1:], strict=False))
        assert len(way.links) == way.length
