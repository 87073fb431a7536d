"""What a node is linked with."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.tenancy import scope
from knowledge_base.models import Sop
from knowledge_base.services.sops import archive_sop
from node_links.models import NodeLinkType, NodeMetadata
from node_links.services.entities import soft_delete_entity
from tests.factories import Cast, Person, make_sop
from tests.node_links.nodes.conftest import at, draw_row, link, node_of
from tests.observing import faults, refused

pytestmark = pytest.mark.django_db


def rows(person: Person, address: str) -> list[dict[str, Any]]:
    response = person.client.get(address)
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["results"]
    return found


def names(person: Person, address: str) -> list[str]:
    return [row["name"] for row in rows(person, address)]


@pytest.fixture
def hub(cast: Cast) -> Sop:
    """Return an SOP with a node inside; A documents it, its node references B, and itself."""
    hub = make_sop(cast.editor, title="Hub")
    inner = draw_row(cast.editor, hub, "a", name="Inner")
    first, second = (make_sop(cast.editor, title=title) for title in ("A", "B"))
    link(cast.editor, node_of(cast.editor, first), node_of(cast.editor, hub), "documents")
    link(cast.editor, inner, node_of(cast.editor, second), "references")
    link(cast.editor, inner, node_of(cast.editor, second), "supports", link_strength="0.7")
    link(cast.editor, inner, node_of(cast.editor, hub), "nested")
    return hub


def test_an_entity_is_connected_with_what_its_nodes_are_linked_with(cast: Cast, hub: Sop) -> None:
    found = rows(cast.viewer, at(hub, "connected/"))

    assert [(row["name"], row["node_type"], row["status"]) for row in found] == [
        ("A", "sop", "draft"),
        ("B", "sop", "draft"),
    ]
    assert [(one["direction"], one["link_type"]) for one in found[0]["links"]] == [
        ("in", "documents")
    ]
    assert [
        (one["direction"], one["link_type"], one["link_strength"]) for one in found[1]["links"]
    ] == [("out", "references", 0.5), ("out", "supports", 0.7)]


def test_a_node_inside_is_connected_with_its_own_entity_too(cast: Cast, hub: Sop) -> None:
    assert names(cast.viewer, at(hub, "a/connected/")) == ["B", "Hub"]
    assert names(cast.viewer, at(hub, "a/connected/?types=nested")) == ["Hub"]


def test_directions_and_types_narrow_both_questions(cast: Cast, hub: Sop) -> None:
    assert names(cast.viewer, at(hub, "connected/?direction=out")) == ["B"]
    assert names(cast.viewer, at(hub, "connected/?direction=in")) == ["A"]
    assert names(cast.viewer, at(hub, "connected/?types=supports,nested")) == ["B"]
    [row] = rows(cast.viewer, at(hub, "connected/?types=supports"))
    assert [one["link_type"] for one in row["links"]] == ["supports"]

    def types(query: str) -> list[str]:
        return [row["link_type"] for row in rows(cast.viewer, at(hub, f"links/?{query}"))]

    assert types("") == ["nested", "supports", "references", "documents"]
    assert types("direction=in") == ["nested", "documents"]
    assert types("direction=out&types=references") == ["references"]
    assert types("origin=derived") == []


def test_a_link_is_shown_with_both_of_its_ends_and_its_colour(cast: Cast, hub: Sop) -> None:
    with scope(cast.owner.actor):
        NodeLinkType.objects.create(
            organization=cast.organization, type_name="documents", color="#000001"
        )

    found = {row["link_type"]: row for row in rows(cast.viewer, at(hub, "links/"))}

    inner = found["supports"]
    assert inner["source"] == {
        "feature": "knowledge-base",
        "entity_id": str(hub.pk),
        "node_id": "a",
        "node_type": "step",
        "name": "Inner",
    }
    assert (inner["target"]["name"], inner["target"]["node_id"]) == ("B", None)
    assert (inner["link_strength"], inner["origin"], inner["version_pin"]) == (
        0.7,
        "manual",
        "latest",
    )
    # The organisation's own type goes before the platform's of the same name.
    assert (inner["color"], found["documents"]["color"]) == ("#8B5CF6", "#000001")


def test_deleted_ends_are_left_out(cast: Cast, hub: Sop) -> None:
    with scope(cast.owner.actor):
        gone = Sop.objects.get(title="B")
        soft_delete_entity(actor=cast.owner.actor, entity=gone)
        archive_sop(actor=cast.owner.actor, pk=Sop.objects.get(title="A").pk)

    [row] = rows(cast.viewer, at(hub, "connected/"))
    assert (row["name"], row["status"]) == ("A", "archived")
    assert len(rows(cast.viewer, at(hub, "links/"))) == 2
    body = cast.viewer.client.get(at(hub)).json()
    assert (body["links_out"], body["links_in"]) == (1, 2)


def test_a_hub_is_read_page_by_page(cast: Cast) -> None:
    hub = make_sop(cast.editor, title="Hub")
    own = node_of(cast.editor, hub)
    for number in range(5):
        link(cast.editor, node_of(cast.editor, make_sop(cast.editor, title=f"{number}")), own)

    body = cast.viewer.client.get(at(hub, "connected/?page_size=2&page=2")).json()

    assert (body["count"], body["total_pages"]) == (5, 3)
    assert [row["name"] for row in body["results"]] == ["2", "3"]


@pytest.mark.parametrize("question", ["connected/", "links/"])
def test_what_is_not_there_or_foreign_is_404(cast: Cast, hub: Sop, question: str) -> None:
    refused(cast.stranger.client.get(at(hub, question)), 404, "not_found")
    refused(cast.viewer.client.get(at(uuid4(), question)), 404, "not_found")
    refused(cast.viewer.client.get(at(hub, f"none/{question}")), 404, "not_found")


@pytest.mark.parametrize("question", ["connected/", "links/", "a/links/"])
def test_wrong_parameters_are_refused(cast: Cast, hub: Sop, question: str) -> None:
    answer = cast.viewer.client.get(at(hub, f"{question}?direction=up&colour=red"))

    assert faults(answer) == {
        ("?direction", "invalid_choice"),
        ("?colour", "unknown_parameter"),
    }


def test_a_node_without_links_is_connected_with_nothing(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    assert rows(cast.viewer, at(sop, "connected/")) == []
    assert rows(cast.viewer, at(sop, "links/")) == []
    with scope(cast.viewer.actor):
        assert NodeMetadata.objects.count() == 1
