"""One node or one edge at a time, at the spindle's own address and at the door to all nodes."""

from typing import Any

import pytest

from spindles.models import Spindle
from tests.factories import Cast, make_spindle
from tests.observing import answered, event_types, refused
from tests.spindles.api.observing import address, everything, faults, reread
from tests.spindles.definitions.writing import step

pytestmark = pytest.mark.django_db

NODES = "/api/v1/nodes/"


@pytest.fixture
def chain(cast: Cast) -> Spindle:
    """Return a spindle of two steps, one after the other."""
    return make_spindle(cast.editor, steps=[step("a"), step("b", "a")])


def ids(cast: Cast, spindle: Spindle) -> list[str]:
    return [node["id"] for node in reread(cast.editor, spindle).nodes_data]


def test_a_step_is_drawn_changed_and_taken_out(cast: Cast, chain: Spindle) -> None:
    client = cast.editor.client
    new = {"id": "c", "type": "actionNode", "position": {"x": 1, "y": 2}, "data": {"kind": "noop"}}

    made = client.post(address(chain, "nodes/"), new)
    assert (made.status_code, made["ETag"]) == (201, '"2"')
    assert made.json()["data"]["timeout"] == 300
    edge = answered(client.post(address(chain, "edges/"), {"source": "b", "target": "c"}), 201)
    changes = {"data": {"timeout": "2m", "description": "x"}, "position": {"x": 9, "y": 9}}
    changed = answered(client.patch(address(chain, "nodes/c/"), changes))
    assert (changed["data"]["timeout"], changed["position"]) == (120, {"x": 9, "y": 9})
    cleared = answered(client.patch(address(chain, "nodes/c/"), {"data": {"description": None}}))
    assert cleared["data"]["description"] is None
    assert answered(client.get(address(chain, f"edges/{edge['id']}/"))) == edge
    listed = answered(client.get(address(chain, "nodes/")))
    assert [one["id"] for one in listed["results"]] == ["a", "b", "c"]
    bent = answered(
        client.patch(address(chain, f"edges/{edge['id']}/"), {"source": "a", "label": "x"})
    )
    assert (bent["source"], bent["label"]) == ("a", "x")
    assert answered(client.get(address(chain, "edges/")))["count"] == 2
    answered(client.delete(address(chain, f"edges/{edge['id']}/")), 204)
    answered(client.delete(address(chain, "nodes/b/")), 204)

    stored = reread(cast.editor, chain)
    assert (ids(cast, chain), stored.edges_data) == (["a", "c"], [])


def test_what_a_step_held_moves_to_the_top(cast: Cast, chain: Spindle) -> None:
    client = cast.editor.client
    inner = {
        "id": "i",
        "type": "actionNode",
        "parentId": "b",
        "position": {"x": 1, "y": 2},
        "data": {"kind": "noop"},
    }
    answered(client.post(address(chain, "nodes/"), inner), 201)

    answered(client.delete(address(chain, "nodes/b/")), 204)

    moved = answered(client.get(address(chain, "nodes/i/")))
    assert (moved["position"], "parentId" in moved) == ({"x": 261, "y": 2}, False)


@pytest.mark.parametrize(
    ("method", "rest", "body", "expected"),
    [
        ("post", "nodes/", {"id": "a", "type": "actionNode", "position": {"x": 0, "y": 0},
                            "data": {"kind": "noop"}}, [("/id", "duplicate_node_id")]),
        ("post", "nodes/", {"id": "x"}, [("/type", "required")]),
        ("post", "nodes/", [], [("", "invalid")]),
        ("patch", "nodes/a/", {"data": {"kind": "magic"}}, [("/data/kind", "invalid_choice")]),
        ("patch", "nodes/a/", {"data": {"kind": None}}, [("/data/kind", "required")]),
        ("patch", "nodes/a/", {"data": []}, [("/data", "invalid")]),
        ("post", "edges/", {"source": "b", "target": "a"}, [("/edges", "cycle")]),
        ("post", "edges/", {"source": "b", "target": "b"}, [("/edges/1", "self_dependency")]),
        ("post", "edges/", {"source": "z", "target": "b"}, [("/source", "unknown_dependency")]),
        ("patch", "edges/a->b/", {"target": "z"}, [("/target", "unknown_dependency")]),
    ],
)  # fmt: skip
def test_a_part_that_breaks_the_rules_is_refused(
    cast: Cast, chain: Spindle, method: str, rest: str, body: Any, expected: Any
) -> None:
    before = everything()

    response = getattr(cast.editor.client, method)(address(chain, rest), body)

    refused(response, 400, "validation_error")
    assert faults(response) == expected
    assert everything() == before


def test_a_part_that_is_not_there_is_not_found(cast: Cast, chain: Spindle) -> None:
    for part in ("nodes/z/", "edges/z/"):
        refused(cast.viewer.client.get(address(chain, part)), 404, "not_found")
        refused(cast.viewer.client.patch(address(chain, part), {}), 404, "not_found")
        refused(cast.editor.client.delete(address(chain, part)), 404, "not_found")
    refused(cast.viewer.client.delete(address(chain, "nodes/a/")), 403, "permission_denied")


def test_without_an_open_draft_nothing_is_drawn(cast: Cast, chain: Spindle) -> None:
    client = cast.editor.client
    answered(client.post(address(chain, "publish/")))
    before = everything()

    refused(client.delete(address(chain, "nodes/b/")), 409, "invalid_transition")
    refused(client.post(address(chain, "nodes/"), {}), 409, "invalid_transition")
    assert everything() == before


def door(spindle: Spindle, node_id: str = "") -> str:
    return f"{NODES}spindle/{spindle.pk}/{node_id}{'/' if node_id else ''}"


def test_the_door_to_all_nodes_changes_spindles_and_their_steps(cast: Cast, chain: Spindle) -> None:
    client = cast.editor.client
    answered(client.patch(door(chain), {"name": "Other", "data": {"tags": ["x"], "timeout": 9}}))
    step_b = {"name": "Second", "position": {"x": 5, "y": 6}, "data": {"priority": 9}}
    answered(client.patch(door(chain, "b"), step_b))
    answered(client.delete(door(chain, "a")), 204)

    stored = reread(cast.editor, chain)
    assert (stored.name, stored.tags, stored.timeout) == ("Other", ["x"], 9)
    [b] = stored.nodes_data
    assert (b["data"]["name"], b["data"]["priority"]) == ("Second", 9)
    assert b["position"] == {"x": 5, "y": 6}
    assert event_types(cast.editor, chain)[1:] == ["WorkflowUpdated"] * 3


def test_the_door_draws_creates_and_deletes(cast: Cast, chain: Spindle) -> None:
    client = cast.editor.client
    one = {
        "feature": "spindle",
        "entity_id": str(chain.pk),
        "node_id": "c",
        "node_type": "actionNode",
        "data": {"kind": "noop", "parent_id": "a"},
        "name": "Inside",
    }
    whole = {"feature": "spindle", "name": "By the door", "data": {"steps": [step("s")]}}

    made = client.post(f"{NODES}batch/", {"nodes": [one, whole]})

    assert made.status_code in (200, 201), made.content
    assert reread(cast.editor, chain).nodes_data[-1]["parentId"] == "a"
    answered(client.delete(door(chain)), 204)
    refused(client.get(address(chain)), 404, "not_found")


@pytest.mark.parametrize(
    ("rest", "body", "wanted"),
    [
        ("", {"name": "x" * 256}, [("/name", "max_length")]),
        ("", {"data": {"colour": 1}}, [("/data/colour", "unknown_field")]),
        ("", {"data": {"timeout": 0}}, [("/data/timeout", "min_value")]),
        ("", {"data": {"slug": "other"}}, [("/data/slug", "immutable")]),
        ("", {"data": {"steps": [{"id": "a"}]}}, [("/data/steps/0/kind", "required")]),
        ("b", {"name": "x" * 201}, [("/name", "max_length")]),
        ("b", {"data": {"priority": 11}}, [("/data/priority", "max_value")]),
    ],
)
def test_the_door_refuses_by_the_rules_of_spindles(
    cast: Cast, chain: Spindle, rest: str, body: Any, wanted: Any
) -> None:
    before = everything()

    response = cast.editor.client.patch(door(chain, rest), body)

    assert (response.status_code, faults(response)) == (400, wanted)
    assert everything() == before


def test_the_door_needs_a_name(cast: Cast) -> None:
    before = everything()
    nodes = [{"feature": "spindle", "data": {"description": "x"}}]

    answer = cast.editor.client.post(f"{NODES}batch/", {"nodes": nodes})

    assert "required" in answer.content.decode()
    assert everything() == before


def test_a_spindle_stands_nowhere(cast: Cast, chain: Spindle) -> None:
    response = cast.editor.client.patch(door(chain), {"position": {"x": 1, "y": 1}})

    assert response.status_code == 409
