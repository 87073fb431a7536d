"""Lists of links: filters, order, pages, and how many statements they take."""

from typing import Any
from urllib.parse import urlencode

import pytest

from accounts.tenancy import scope
from node_links.links.drafts import Address
from node_links.models import NodeLink
from tests.factories import Cast
from tests.node_links.links.conftest import LINKS, body, joined, many_nodes, node_at, sop_at


@pytest.fixture
def graph(cast: Cast) -> dict[str, Any]:
    """Four links between an SOP, a model with a node inside, and two spindles."""
    sop = sop_at(cast.editor, "Pay")
    model = node_at(cast.editor, "function-model")
    inner = node_at(cast.editor, "function-model", "n1", entity_id=model.entity_id)
    one, two = many_nodes(cast.editor, 2)
    links = {
        "a": joined(cast.editor, inner, sop, "references"),
        "b": joined(cast.editor, model, one, "triggers", version_pin="published"),
        "c": joined(cast.admin, one, two, "consumes"),
        "d": joined(cast.admin, sop, two, "documents"),
    }
    with scope(cast.editor.actor):
        for name, strength in zip("abcd", ("0.3", "0.5", "0.7", "0.9"), strict=True):
            NodeLink.objects.filter(pk=links[name].pk).update(link_strength=strength)
        NodeLink.objects.filter(pk=links["c"].pk).update(origin="runtime")
    names = {str(link.pk): name for name, link in links.items()}
    return {"names": names, "sop": sop, "model": model, "one": one, "two": two,
            "admin": cast.admin.user.pk}  # fmt: skip


def found(cast: Cast, graph: dict[str, Any], **query: Any) -> str:
    answer = cast.viewer.client.get(f"{LINKS}?{urlencode(query)}")
    assert answer.status_code == 200, answer.json()
    return "".join(graph["names"][link["id"]] for link in answer.json()["results"])


def test_the_latest_comes_first(cast: Cast, graph: dict[str, Any]) -> None:
    assert found(cast, graph) == "dcba"
    assert found(cast, graph, ordering="link_strength") == "abcd"
    assert found(cast, graph, ordering="-link_type") == "badc"
    assert found(cast, graph, page_size=2, page=2) == "ba"


@pytest.mark.parametrize(
    ("query", "expected"),
    [({"feature": "knowledge-base"}, "ad"), ({"source_feature": "function-model"}, "ab"),
     ({"target_feature": "spindle"}, "bcd"), ({"source_node_id": "n1"}, "a"),
     ({"link_type": "triggers"}, "b"), ({"origin": "runtime"}, "c"),
     ({"version_pin": "published"}, "b"), ({"min_strength": "0.7"}, "cd"),
     ({"max_strength": "0.5"}, "ab"), ({"min_strength": 0.4, "max_strength": 0.8}, "bc"),
     ({"strength": "strong"}, "cd"), ({"strength": "weak"}, "a"), ({"strength": "moderate"}, "b"),
     ({"link_type": "none"}, "")],
)  # fmt: skip
def test_filters(cast: Cast, graph: dict[str, Any], query: dict[str, Any], expected: str) -> None:
    assert "".join(sorted(found(cast, graph, **query))) == expected


def test_filters_by_ends_and_maker(cast: Cast, graph: dict[str, Any]) -> None:
    def by(**query: Any) -> str:
        return "".join(sorted(found(cast, graph, **query)))

    assert by(entity=graph["model"].entity_id) == "ab"
    assert by(entity=graph["two"].entity_id) == "cd"
    assert by(source_entity_id=graph["sop"].entity_id) == "d"
    assert by(target_entity_id=graph["sop"].entity_id) == "a"
    assert by(target_entity_id=graph["two"].entity_id, source_feature="spindle") == "c"
    assert by(created_by=graph["admin"]) == "cd"


@pytest.mark.parametrize(
    "query",
    ["entity=x", "feature=wiki", "strength=mighty", "origin=magic", "min_strength=much",
     "ordering=secret", "colour=red", "page=0"],
)  # fmt: skip
def test_wrong_parameters_are_refused(cast: Cast, query: str) -> None:
    answer = cast.viewer.client.get(f"{LINKS}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")


def test_the_number_of_statements_does_not_grow(cast: Cast, django_assert_num_queries: Any) -> None:
    first, *others = many_nodes(cast.editor, 31)
    joined(cast.editor, first, others[0])
    client = cast.viewer.client
    with django_assert_num_queries(6):
        assert client.get(LINKS).json()["count"] == 1
    for other in others[1:]:
        joined(cast.editor, first, other)
    with django_assert_num_queries(6):
        assert len(client.get(f"{LINKS}?page_size=30").json()["results"]) == 30


def test_single_requests_take_few_statements(cast: Cast, django_assert_num_queries: Any) -> None:
    first, second = many_nodes(cast.editor, 2)
    client = cast.editor.client
    with django_assert_num_queries(10):
        link = client.post(LINKS, body(first, second), format="json").json()
    address = f"{LINKS}{link['id']}/"
    with django_assert_num_queries(5):
        assert client.get(address).status_code == 200
    with django_assert_num_queries(8):  # one reads the metrics of the last calculation
        assert client.patch(address, {"base_strength": 1}, format="json").status_code == 200
    with django_assert_num_queries(6):
        assert client.delete(address).status_code == 204


def test_addresses_are_told_apart_by_their_node() -> None:
    from uuid import uuid4

    entity = uuid4()
    assert Address("spindle", entity) != Address("spindle", entity, "a")
    assert Address("spindle", entity, "a").entity == Address("spindle", entity).entity
