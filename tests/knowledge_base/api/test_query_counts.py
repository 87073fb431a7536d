"""How many statements each request costs, whatever the number of rows."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from knowledge_base.models import Sop
from node_links.search.backlog import drain
from tests.factories import Cast, make_sop
from tests.knowledge_base.observing import SOPS, address

pytestmark = pytest.mark.django_db

# Three of each are the request's own: a savepoint, its release, and entering the organisation.
READS = {
    "list": 6,
    "search": 6,
    "ordered": 6,
    "categories": 4,
    "dangling": 5,
    "backlinks": 6,
    "references": 6,
    "retrieve": 3,  # from the cache: nothing but the request's own
    "toc": 4,
    "render": 5,
    "versions": 6,
    "version": 5,
    "compare": 5,
    "text": 8,
    "hybrid": 10,
}
WRITES = {
    "create": 11,
    "patch": 12,
    "patch nothing": 4,
    "open": 10,
    "patch content": 19,
    "publish": 12,
    "archive": 10,
}


def fill(cast: Cast, count: int) -> Sop:
    """Return an SOP with `count` backlinks, references, dangling references and one version."""
    names = " ".join(f"[[Page {number}]] [[Gone {number}]]" for number in range(count))
    hub = make_sop(cast.editor, title="Hub", content=f"# Hub\n\nquokka {names}")
    for number in range(count):
        make_sop(
            cast.editor, title=f"Page {number}", content="quokka [[Hub]]", category=f"C{number}"
        )
    cast.editor.client.post(address(hub, "publish/"))
    return hub


def spent(cast: Cast, method: str, url: str, body: Any = None) -> int:
    client = cast.editor.client
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = getattr(client, method)(url, body)
    assert response.status_code < 300, response.content
    return len(captured)


def reads(cast: Cast, hub: Sop) -> dict[str, int]:
    urls = {
        "list": f"{SOPS}?page_size=100",
        "search": f"{SOPS}?search=page&category=C1",
        "ordered": f"{SOPS}?ordering=-title&page_size=100",
        "categories": f"{SOPS}categories/",
        "dangling": f"{SOPS}dangling/?page_size=100",
        "backlinks": address(hub, "backlinks/?page_size=100"),
        "references": address(hub, "references/?page_size=100"),
        "retrieve": address(hub),
        "toc": address(hub, "toc/"),
        "render": address(hub, "render/"),
        "versions": address(hub, "versions/"),
        "version": address(hub, "versions/1.0.0/"),
        "compare": address(hub, "versions/compare/?from=1.0.0&to=draft"),
        "text": f"{SOPS}search/?q=quokka&mode=text&page_size=100",
        "hybrid": f"{SOPS}search/?q=quokka&page_size=100",
    }
    cast.editor.client.get(urls["retrieve"])  # notes the look, which later ones don't
    cast.editor.client.get(urls["hybrid"])  # remembers the vector of the query
    return {name: spent(cast, "get", url) for name, url in urls.items()}


@pytest.mark.parametrize("count", [3, 30])
def test_reads_cost_the_same_for_three_rows_and_for_thirty(cast: Cast, count: int) -> None:
    hub = fill(cast, count)
    drain()

    assert reads(cast, hub) == READS


@pytest.mark.parametrize("count", [3, 30])
def test_writes_cost_the_same_beside_three_rows_and_beside_thirty(cast: Cast, count: int) -> None:
    hub = fill(cast, count)
    other = make_sop(cast.admin, title="Other")
    long = "quokka " + " ".join(f"[[Page {number}]]" for number in range(3))

    found = {
        "create": spent(cast, "post", SOPS, {"title": "x", "content": "plain"}),
        "patch": spent(cast, "patch", address(hub), {"tags": ["x"]}),
        "patch nothing": spent(cast, "patch", address(hub), {"tags": ["x"]}),
        "open": spent(cast, "post", address(hub, "versions/"), {"bump": "minor"}),
        "patch content": spent(cast, "patch", address(other), {"content": long}),
        "publish": spent(cast, "post", address(hub, "publish/")),
        "archive": spent(cast, "post", address(hub, "archive/")),
    }

    assert found == WRITES
