"""Drawings of other tools: what becomes of each part, and that no part is lost."""

from typing import Any

import orjson
import pytest

from function_models.canvas.document import parse_canvas
from function_models.exchange.faces import ExchangeError
from function_models.exchange.formats import read_model
from function_models.exchange.reactflow.writing import original_of
from function_models.exchange.record import ModelRecord
from tests.function_models.drawings import container, knowledge


def foreign(node_id: Any, kind: str | None = "step", **more: Any) -> dict[str, Any]:
    """Return a node as some other tool writes it."""
    position = more.pop("position", {"x": 1, "y": 2})
    node = {"id": node_id, "position": position, "data": more.pop("data", {"label": "Do"})}
    return {**node, **({} if kind is None else {"type": kind}), **more}


def arrow(edge_id: Any, source: Any, target: Any, **more: Any) -> dict[str, Any]:
    """Return an edge."""
    return {"id": edge_id, "source": source, "target": target, **more}


def read(*nodes: Any, edges: tuple[Any, ...] = (), **more: Any) -> ModelRecord:
    """Return what a drawing of these parts is imported as."""
    document = {"nodes": list(nodes), "edges": list(edges), **more}
    return read_model("flows/My flow.json", orjson.dumps(document))


def codes(record: ModelRecord) -> list[str]:
    """Return the codes of what is told, without the counts of types."""
    return [finding.code for finding in record.findings if finding.code != "translated"]


def drawn(record: ModelRecord) -> dict[str, dict[str, Any]]:
    """Return the nodes of the drawing by id."""
    return {node["id"]: node for node in record.document["nodes"]}


def assert_nothing_is_lost(record: ModelRecord, sent: dict[str, Any]) -> None:
    """Hold the document, saved and given back, to the one that was sent; order is nothing."""
    back = original_of(parse_canvas(record.document).as_document())
    for part in ("nodes", "edges"):
        assert sorted(back.pop(part), key=repr) == sorted(sent.pop(part), key=repr)
    if "viewport" not in sent:
        back.pop("viewport")
    assert back == sent


def test_a_foreign_node_becomes_a_stage_and_keeps_what_it_was() -> None:
    data = {"label": " Ask the model ", "name": "chat", "inputs": {"t": [0.7]}, "status": 9}
    record = read(foreign("a", "customNode", data=data, width=300, selected=True))

    (node,) = record.document["nodes"]
    assert node == {
        "id": "a",
        "type": "stageNode",
        "position": {"x": 1, "y": 2},
        "width": 300,
        "selected": True,
        "data": {"name": "Ask the model", "foreign": {"type": "customNode", "data": data}},
    }
    assert record.fields == {"name": "My flow"}
    assert record.external_id == "flows/My flow.json"
    (told,) = record.findings
    assert (told.code, told.message) == ("translated", "1 of the type customNode became stageNode.")


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("input", {}, ("ioNode", "input")),
        ("startNode", {}, ("ioNode", "input")),
        ("agentFlow", {"name": "startAgentflow"}, ("ioNode", "input")),
        ("output", {}, ("ioNode", "output")),
        ("end", {}, ("ioNode", "output")),
        ("endless", {}, ("stageNode", None)),
        ("customNode", {"name": "inputModeration"}, ("stageNode", None)),
        (None, {}, ("stageNode", None)),
    ],
)
def test_the_type_or_the_name_tells_a_boundary(
    kind: str | None, data: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    (node,) = read(foreign("a", kind, data=data)).document["nodes"]

    assert (node["type"], node["data"].get("boundary_type")) == expected


def test_nodes_of_ours_come_in_as_they_are_and_broken_ones_as_foreign() -> None:
    record = read(
        container("s"), knowledge("k", "s"), container("bad", priority=99), knowledge("lost", "no")
    )

    nodes = drawn(record)
    assert nodes["s"] == container("s")
    assert nodes["k"] == knowledge("k", "s")
    assert nodes["bad"]["data"]["foreign"]["data"]["priority"] == 99
    assert nodes["lost"]["type"] == "stageNode"
    assert codes(record) == ["parent_not_found"]


def test_groups_hold_actions_in_the_order_of_the_edges_among_them() -> None:
    sent: dict[str, Any] = {
        "nodes": [
            foreign("second", parentNode="g", extent="parent"),
            foreign("g", "group"),
            foreign("first", parentId="g", data={"name": "tool"}),
            foreign("after"),
        ],
        "edges": [arrow("e", "first", "second"), arrow("f", "second", "after", label="then")],
    }
    record = read(*sent["nodes"], edges=tuple(sent["edges"]))

    nodes = drawn(record)
    assert nodes["g"]["type"] == "stageNode"
    assert {key: nodes[key]["type"] for key in ("first", "second")} == {
        "first": "tetherNode",
        "second": "tetherNode",
    }
    assert nodes["second"]["parentId"] == "g"
    orders = [nodes[key]["data"]["execution_order"] for key in ("first", "second")]
    assert orders == [1, 2]
    assert nodes["first"]["data"]["tether_reference_id"] == "step:tool"
    (edge,) = record.document["edges"]
    assert (edge["source"], edge["target"], edge["label"]) == ("g", "after", "then")
    assert sorted(codes(record)) == ["edge_lifted", "inside_container"]
    assert_nothing_is_lost(record, sent)


def test_groups_in_groups_are_flattened_and_stand_where_they_stood() -> None:
    sent: dict[str, Any] = {
        "nodes": [
            foreign("outer", "group"),
            foreign("inner", "group", parentId="outer", position={"x": 10, "y": 20}),
            foreign("leaf", parentId="inner", position={"x": 3, "y": 4}),
        ],
        "edges": [],
    }
    record = read(*sent["nodes"])

    leaf = drawn(record)["leaf"]
    assert (leaf["parentId"], leaf["position"]) == ("outer", {"x": 13, "y": 24})
    assert codes(record) == ["group_flattened"]
    assert_nothing_is_lost(record, sent)


def test_edges_that_cannot_be_drawn_stand_aside_with_their_reasons() -> None:
    sent: dict[str, Any] = {
        "nodes": [foreign("a"), foreign("b")],
        "edges": [
            arrow("1", "a", "b"),
            arrow("2", "b", "a"),
            arrow("3", "a", "gone"),
            arrow("4", "a", "a"),
            arrow("5", "a", "b"),
            arrow("1", "a", "b", sourceHandle="x"),
            {"source": "a", "target": "b", "targetHandle": 7},
            "no edge",
        ],
    }
    record = read(*sent["nodes"], edges=tuple(sent["edges"]))

    kept = {str(one["edge"]): one["reason"] for one in record.document["foreign"]["edges"]}
    assert sorted(kept.values()) == [
        "dangling_edge",
        "duplicate_edge",
        "edge_cycle",
        "not_an_object",
        "self_edge",
    ]
    assert [edge["id"] for edge in record.document["edges"]] == ["1", "1~2", "edge-2"]
    assert record.document["edges"][2]["targetHandle"] == "7"
    assert codes(record).count("id_changed") == 2
    assert_nothing_is_lost(record, sent)


def test_notes_stand_aside_unless_something_leads_to_them() -> None:
    sent: dict[str, Any] = {
        "nodes": [foreign("n", "stickyNote"), foreign("m", "stickyNote"), foreign("a")],
        "edges": [arrow("e", "a", "m")],
    }
    record = read(*sent["nodes"], edges=tuple(sent["edges"]))

    assert set(drawn(record)) == {"a", "m"}
    assert codes(record) == ["note"]
    assert_nothing_is_lost(record, sent)


def test_odd_ids_places_and_viewports_are_made_sound_and_told() -> None:
    sent: dict[str, Any] = {
        "nodes": [
            foreign(7),
            foreign("a"),
            foreign("a", position={"x": 1e9, "y": None}),
            foreign("", position="here"),
            foreign("x" * 300),
            foreign("p", parentId="q"),
            foreign("q", parentId="p"),
            None,
        ],
        "edges": [arrow("e", 7, "a")],
        "viewport": {"zoom": 0},
        "name": "Üben & more",
        "description": " Why. ",
        "framework": ["any"],
    }
    record = read(*sent["nodes"], edges=tuple(sent["edges"]),
                  **{key: sent[key] for key in sent if key not in ("nodes", "edges")})  # fmt: skip

    nodes = drawn(record)
    assert {"7", "a", "a~2", "node-3", "x" * 255} <= nodes.keys()
    assert nodes["a~2"]["position"] == {"x": 10_000, "y": 0}
    assert record.fields == {"name": "Uben more", "description": "Why."}
    assert {*codes(record)} == {
        *("id_changed", "position_bounded", "position_missing", "parent_cycle"),
        *("not_an_object", "viewport_invalid", "name_changed"),
    }
    assert_nothing_is_lost(record, sent)


@pytest.mark.parametrize(
    ("path", "data", "code"),
    [
        ("a.json", b"{", "malformed"),
        ("a.json", b'{"nodes": [{"id": "\\u0000"}]}', "nul_characters"),
        ("a.json", b'{"nodes": {}}', "unknown_format"),
        ("a.json", b'{"nodes": [], "edges": 3}', "unknown_format"),
        ("a.json", b"[]", "unknown_format"),
        ("a.bpmn", b"<x/>", "unknown_format"),
    ],
)
def test_what_is_no_drawing_is_refused(path: str, data: bytes, code: str) -> None:
    with pytest.raises(ExchangeError) as refusal:
        read_model(path, data)

    assert [error.code for error in refusal.value.errors] == [code]


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    record = read(foreign("a", data={"label": "\\u0000"}))

    assert drawn(record)["a"]["data"]["name"] == "\\u0000"
