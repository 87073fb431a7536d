"""A picture over REST."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import scope
from knowledge_base.models import Sop
from knowledge_base.services.sops import delete_sop
from tests.factories import Cast, Person, make_cast, make_sop
from tests.node_links.pictures.graphs import SVG, parse, texts

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/graph/subgraph.svg"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def hub(person: Person, leaves: int = 3) -> Sop:
    """Return an SOP to which others refer."""
    sop = make_sop(person, title="Hub <b>")
    for number in range(leaves):
        make_sop(person, title=f"Leaf {number}", content="# Leaf\n\nSee [[Hub <b>]].")
    return sop


def asked(sop: Sop, **query: str | int) -> dict[str, str | int]:
    return {"feature": "knowledge-base", "entity_id": str(sop.pk), **query}


def test_a_member_sees_the_neighbourhood_as_a_picture(cast: Cast) -> None:
    sop = hub(cast.owner)

    answer = cast.viewer.client.get(ADDRESS, asked(sop))

    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Content-Type-Options"] == "nosniff"
    svg = answer.content.decode()
    assert {"Hub <b>", "Leaf 0", "Leaf 1", "Leaf 2"} <= set(texts(svg))
    document = parse(svg)
    addresses = [a.get("href") for a in document.iter(f"{SVG}a")]
    assert addresses[0] == f"/api/v1/nodes/knowledge-base/{sop.pk}/"
    assert len(addresses) == 4


def test_a_picture_that_is_held_is_not_sent_again_until_it_changes(cast: Cast) -> None:
    sop = hub(cast.owner)
    client = cast.owner.client
    tag = client.get(ADDRESS, asked(sop))["ETag"]

    held = client.get(ADDRESS, asked(sop), headers={"If-None-Match": f'"x", W/{tag}'})
    assert (held.status_code, held.content, held["ETag"]) == (304, b"", tag)

    make_sop(cast.owner, title="Leaf 9", content="# Leaf\n\nSee [[Hub <b>]].")
    fresh = client.get(ADDRESS, asked(sop), headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert fresh["ETag"] != tag


def test_depth_types_and_limit_shape_the_picture(cast: Cast) -> None:
    sop = hub(cast.owner)
    client = cast.owner.client

    def nodes(**query: str | int) -> int:
        answer = client.get(ADDRESS, asked(sop, **query))
        assert answer.status_code == 200, answer.content
        return len(list(parse(answer.content.decode()).iter(f"{SVG}a")))

    assert nodes() == 4
    assert nodes(depth=0) == 1
    assert nodes(types="nested, supports") == 1
    assert nodes(types="references") == 4
    assert nodes(types=" , ") == 4
    assert nodes(limit=2) == 2
    assert "… and 2 more" in texts(client.get(ADDRESS, asked(sop, limit=2)).content.decode())


def test_foreign_unknown_and_deleted_nodes_are_not_there(cast: Cast) -> None:
    sop, gone = hub(cast.owner), make_sop(cast.owner, title="Gone")
    with scope(cast.owner.actor):
        delete_sop(actor=cast.owner.actor, pk=gone.pk)

    for client, query in (
        (cast.stranger.client, asked(sop)),
        (cast.owner.client, asked(gone)),
        (cast.owner.client, {"feature": "knowledge-base", "entity_id": str(uuid4())}),
        (cast.owner.client, {"feature": "spindle", "entity_id": str(sop.pk)}),
        (cast.owner.client, asked(sop, node_id="nobody")),
    ):
        answer = client.get(ADDRESS, query)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert "Hub" not in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"depth": 11}, "?depth"),
        ({"depth": -1}, "?depth"),
        ({"limit": 0}, "?limit"),
        ({"limit": 301}, "?limit"),
        ({"types": "sings"}, "?types"),
        ({"entity_id": "x"}, "?entity_id"),
        ({"feature": ""}, "?feature"),
        ({"colour": "red"}, "?colour"),
    ],
)
def test_wrong_parameters_are_named(cast: Cast, query: dict[str, str | int], pointer: str) -> None:
    answer = cast.owner.client.get(ADDRESS, asked(make_sop(cast.owner)) | query)

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_nobody_sees_a_picture_without_signing_in(cast: Cast) -> None:
    client = cast.owner.client
    client.credentials()

    assert client.get(ADDRESS, asked(make_sop(cast.owner))).status_code == 401


def test_a_picture_costs_the_same_queries_whatever_it_shows(cast: Cast) -> None:
    def spent(sop: Sop) -> int:
        client = cast.owner.client
        with CaptureQueriesContext(connection) as captured:
            assert client.get(ADDRESS, asked(sop)).status_code == 200
        return len(captured)

    few = spent(hub(cast.owner, 2))
    for number in range(10):
        make_sop(cast.owner, title=f"More {number}", content="# M\n\nSee [[Hub <b>]].")

    assert spent(_hub(cast)) == few


def _hub(cast: Cast) -> Sop:
    with scope(cast.owner.actor):
        return Sop.objects.get(title="Hub <b>")
