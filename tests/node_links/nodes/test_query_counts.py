"""How many statements each request costs, whatever the number of rows."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from knowledge_base.models import Sop
from node_links.search.backlog import drain
from tests.factories import Cast, make_sop
from tests.node_links.nodes.conftest import FEATURE, NODES, at, draw_row, link, node_of

pytestmark = pytest.mark.django_db

# Three of each are the request's own: a savepoint, its release, and entering the organisation.
READS = {
    "node": 7,
    "inner": 7,
    "list": 6,
    "connected": 9,
    "links": 8,
    "text": 9,
    "hybrid": 11,
}
WRITES = {
    "set": 12,
    "set nothing": 7,
    "agent": 12,
    "rename": 19,
}
BATCH = 14


def fill(cast: Cast, count: int) -> Sop:
    """Return an SOP with `count` nodes inside, each linked with another SOP."""
    hub = make_sop(cast.editor, title="Hub", content="quokka")
    for number in range(count):
        inner = draw_row(cast.editor, hub, f"n{number}")
        other = make_sop(cast.editor, title=f"Page {number}", content="quokka")
        link(cast.editor, inner, node_of(cast.editor, other))
        link(cast.editor, node_of(cast.editor, other), node_of(cast.editor, hub))
    return hub


def spent(cast: Cast, method: str, url: str, body: Any = None) -> int:
    client = cast.editor.client
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(url, body)
    assert response.status_code < 300, response.content
    return len(captured)


@pytest.mark.parametrize("count", [3, 20])
def test_reads_cost_the_same_for_three_rows_and_for_twenty(cast: Cast, count: int) -> None:
    hub = fill(cast, count)
    drain()
    urls = {
        "node": at(hub),
        "inner": at(hub, "n1/"),
        "list": f"{NODES}?page_size=100&feature={FEATURE}",
        "connected": at(hub, "connected/?page_size=100"),
        "links": at(hub, "links/?page_size=100"),
        "text": f"{NODES}search/?q=quokka&mode=text&page_size=100",
        "hybrid": f"{NODES}search/?q=quokka&page_size=100",
    }
    cast.editor.client.get(urls["hybrid"])  # remembers the vector of the query

    assert {name: spent(cast, "get", url) for name, url in urls.items()} == READS


@pytest.mark.parametrize("count", [3, 20])
def test_writes_cost_the_same_beside_three_rows_and_beside_twenty(cast: Cast, count: int) -> None:
    hub = fill(cast, count)

    found = {
        "set": spent(cast, "patch", at(hub), {"metadata": {"x": 1}}),
        "set nothing": spent(cast, "patch", at(hub), {"metadata": {"x": 1}}),
        "agent": spent(cast, "patch", at(hub, "n1/"), {"ai_agent_config": {"name": "x"}}),
        "rename": spent(cast, "patch", at(hub), {"position": {"x": 1, "y": 1}}),
    }

    assert found == WRITES


@pytest.mark.parametrize("count", [3, 20])
def test_a_batch_costs_the_same_for_three_nodes_and_for_twenty(cast: Cast, count: int) -> None:
    hub = fill(cast, count)
    nodes = [
        {
            "feature": FEATURE,
            "entity_id": str(hub.pk),
            "node_id": f"n{number}",
            "metadata": {"x": 1},
        }
        for number in range(count)
    ]

    assert spent(cast, "patch", f"{NODES}batch/", {"nodes": nodes}) == BATCH
