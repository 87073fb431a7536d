"""One definition in two views: the drawing and the list of steps."""

from typing import Any

import pytest

from accounts.tenancy import scope
from node_links.models import NodeMetadata
from tests.factories import Cast, make_spindle
from tests.observing import answered, events, refused
from tests.spindles.api.observing import address, everything, faults, reread
from tests.spindles.definitions.writing import gate, step

pytestmark = pytest.mark.django_db


def node(known: str, family: str = "actionNode", **more: Any) -> dict[str, Any]:
    """Return a node that does nothing unless `data` says otherwise."""
    data = {"kind": "noop"} if family == "actionNode" else {}
    return {"id": known, "type": family, "position": {"x": 0, "y": 0}, "data": data, **more}


def edge(source: str, target: str, handle: str | None = None, **more: Any) -> dict[str, Any]:
    """Return an edge, named after its ends."""
    made = {"id": f"{source}-{handle or ''}-{target}", "source": source, "target": target, **more}
    return made if handle is None else {**made, "sourceHandle": handle}


def canvas(*nodes: dict[str, Any], edges: Any = (), **more: Any) -> dict[str, Any]:
    """Return a drawing."""
    return {"nodes": list(nodes), "edges": list(edges), **more}


def chosen(known: str) -> dict[str, Any]:
    """Return a condition node with the branches yes and no."""
    branches = [{"name": name, "when": "inputs.ok"} for name in ("yes", "no")]
    return node(known, "conditionNode", data={"params": {"branches": branches}})


def test_a_drawing_is_a_list_of_steps(cast: Cast) -> None:
    spindle, client = make_spindle(cast.editor), cast.editor.client
    drawn = canvas(
        chosen("g"),
        node(
            "a", data={"kind": "delay", "name": "Wait", "params": {"seconds": 1}, "timeout": "1m"}
        ),
        node("b", "transformationNode", data={"params": {"value": 1}}),
        node("start", "triggerNode", data={"kind": "schedule", "cron": "0 3 * * *"}),
        edges=[edge("start", "g"), edge("g", "a", "yes"), edge("a", "b", "right"), edge("g", "b")],
        viewport={"x": 5, "y": 6, "zoom": 2},
        notes="kept",
    )

    put = answered(client.put(address(spindle, "canvas/"), drawn))
    told = answered(client.get(address(spindle, "steps/")))

    assert put == answered(client.get(address(spindle, "canvas/")))
    assert (put["notes"], put["viewport"]) == ("kept", {"x": 5, "y": 6, "zoom": 2})
    assert [(one["id"], one["kind"], one["name"], one["depends_on"]) for one in told["steps"]] == [
        ("g", "condition", "g", []),
        ("a", "delay", "Wait", ["g:yes"]),
        ("b", "transform", "b", ["a", "g"]),
    ]
    assert told["steps"][1]["timeout"] == 60
    assert told["problems"] == []
    assert told["analysis"]["critical_path"] == ["g", "a", "b"]
    assert reread(cast.editor, spindle).triggers == [
        {"id": "start", "kind": "schedule", "cron": "0 3 * * *"}
    ]


def test_steps_are_drawn_in_columns(cast: Cast) -> None:
    spindle, client = make_spindle(cast.editor), cast.editor.client
    steps = [gate("g"), step("a", "g:yes"), step("b", "g:no"), step("c", "a", "b")]

    answered(client.put(address(spindle, "steps/"), {"steps": steps}))
    drawn = answered(client.get(address(spindle, "canvas/")))

    assert [(one["id"], one["type"], one["position"]) for one in drawn["nodes"]] == [
        ("g", "conditionNode", {"x": 0, "y": 0}),
        ("a", "actionNode", {"x": 260, "y": 0}),
        ("b", "actionNode", {"x": 260, "y": 120}),
        ("c", "actionNode", {"x": 520, "y": 0}),
    ]
    assert drawn["edges"] == [
        {"id": "g:yes->a", "source": "g", "target": "a", "sourceHandle": "yes"},
        {"id": "g:no->b", "source": "g", "target": "b", "sourceHandle": "no"},
        {"id": "a->c", "source": "a", "target": "c"},
        {"id": "b->c", "source": "b", "target": "c"},
    ]


def test_what_is_drawn_survives_a_write_of_steps(cast: Cast) -> None:
    spindle, client = make_spindle(cast.editor), cast.editor.client
    drawn = canvas(
        node("t", "triggerNode", data={"kind": "manual"}),
        node("box", data={"kind": "noop"}, position={"x": 100, "y": 50}),
        node("a", parentId="box", position={"x": 7, "y": 8}, data={"kind": "noop", "color": "red"}),
        node("b", "errorHandlerNode", width=90),
        edges=[edge("t", "a"), edge("a", "b", animated=True), edge("box", "a")],
        notes="kept",
    )
    answered(client.put(address(spindle, "canvas/"), drawn))
    steps = answered(client.get(address(spindle, "steps/")))["steps"]

    kept = [one for one in steps if one["id"] != "box"]
    kept[0]["depends_on"], kept[0]["name"] = [], "First"
    answered(client.put(address(spindle, "steps/"), {"steps": kept}))
    after = answered(client.get(address(spindle, "canvas/")))

    by_id = {one["id"]: one for one in after["nodes"]}
    assert by_id.keys() == {"t", "a", "b"}
    assert by_id["a"]["position"] == {"x": 107, "y": 58}
    assert "parentId" not in by_id["a"]
    assert (by_id["a"]["data"]["color"], by_id["a"]["data"]["name"]) == ("red", "First")
    assert (by_id["b"]["type"], by_id["b"]["width"]) == ("errorHandlerNode", 90)
    assert after["edges"] == [edge("a", "b", animated=True), edge("t", "a")]
    assert after["notes"] == "kept"


def test_an_error_handler_runs_when_what_it_guards_has_failed(cast: Cast) -> None:
    spindle, client = make_spindle(cast.editor), cast.editor.client
    drawn = canvas(node("a"), node("h", "errorHandlerNode"), edges=[edge("a", "h")])

    answered(client.put(address(spindle, "canvas/"), drawn))
    handler = answered(client.get(address(spindle, "steps/")))["steps"][1]

    assert (handler["kind"], handler["join"]) == ("noop", "all_done")
    assert handler["condition"] == 'steps["a"].status == "failed"'


def test_what_was_read_may_be_sent_back(cast: Cast) -> None:
    spindle, client = make_spindle(cast.editor), cast.editor.client
    answered(
        client.put(
            address(spindle, "canvas/"),
            canvas(chosen("g"), node("a"), edges=[edge("g", "a", "no")]),
        )
    )
    before = everything()
    for part in ("steps/", "canvas/"):
        read = answered(client.get(address(spindle, part)))
        assert answered(client.put(address(spindle, part), read)) == read

    assert everything() == before


@pytest.mark.parametrize(
    ("drawn", "pointer", "code"),
    [
        (canvas(node("a", "noteNode")), "/nodes/0/type", "unknown_node_type"),
        (canvas(node("a b")), "/nodes/0/id", "invalid"),
        (canvas(node("a"), node("a")), "/nodes/1/id", "duplicate_node_id"),
        (canvas(node("a", data={})), "/nodes/0/data/kind", "required"),
        (canvas(node("a", data={"kind": "magic"})), "/nodes/0/data/kind", "invalid_choice"),
        (
            canvas(node("a", data={"kind": "delay", "params": {"seconds": -1}})),
            "/nodes/0/data/params/seconds",
            "min_value",
        ),
        (canvas(node("a", parentId="z")), "/nodes/0/parentId", "parent_not_found"),
        (canvas(node("a", parentId="b"), node("b", parentId="a")), "/nodes", "parent_cycle"),
        (canvas(node("a"), edges=[edge("z", "a")]), "/edges/0/source", "unknown_dependency"),
        (canvas(node("a"), edges=[edge("a", "a")]), "/edges/0", "self_dependency"),
        (
            canvas(node("a"), node("b"), edges=[edge("a", "b"), edge("b", "a")]),
            "/edges",
            "cycle",
        ),
        (
            canvas(chosen("g"), node("a"), edges=[edge("g", "a", "maybe")]),
            "/edges/0/sourceHandle",
            "unknown_branch",
        ),
        (
            canvas(node("a"), node("t", "triggerNode", data={"kind": "manual"}),
                   edges=[edge("a", "t")]),
            "/edges/0/target",
            "trigger_has_edge",
        ),
    ],
)  # fmt: skip
def test_a_drawing_that_breaks_its_rules_is_refused(
    cast: Cast, drawn: dict[str, Any], pointer: str, code: str
) -> None:
    spindle = make_spindle(cast.editor, steps=[step("a")])
    before = everything()

    response = cast.editor.client.put(address(spindle, "canvas/"), drawn)

    refused(response, 400, "validation_error")
    assert faults(response) == [(pointer, code)]
    assert everything() == before


def test_steps_that_break_their_rules_are_refused(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[step("a")])
    before = everything()
    put = address(spindle, "steps/")

    assert faults(cast.editor.client.put(put, {"steps": [step("a", "b"), step("b", "a")]})) == [
        ("/steps", "cycle")
    ]
    assert faults(cast.editor.client.put(put, {})) == [("/steps", "required")]
    refused(cast.viewer.client.put(put, {"steps": []}), 403, "permission_denied")
    stale = {"If-Match": '"9"'}
    refused(cast.editor.client.put(put, {"steps": []}, headers=stale), 412, "revision_conflict")
    assert everything() == before


def test_a_change_of_steps_is_told_step_by_step(cast: Cast) -> None:
    spindle = make_spindle(cast.editor, steps=[step("a"), step("b"), step("c")])
    steps = [step("a"), step("b", priority=9), step("d", "a")]

    answered(cast.editor.client.put(address(spindle, "steps/"), {"steps": steps}))

    name, data = events(cast.editor, spindle)[-1]
    changes = data["changes"]
    assert name == "WorkflowUpdated"
    assert changes.keys() == {"steps/b", "steps/c", "steps/d", "canvas"}
    assert (changes["steps/c"]["new"], changes["steps/d"]["old"]) == (None, None)
    assert all(len(changes["steps/b"][side]) == 64 for side in ("old", "new"))
    with scope(cast.editor.actor):
        drawn = NodeMetadata.objects.filter(entity_id=spindle.pk).exclude(node_id=None)
        assert set(drawn.values_list("node_id", flat=True)) == {"a", "b", "d"}


def test_what_the_editor_keeps_for_itself_is_no_change(cast: Cast) -> None:
    spindle, client = make_spindle(cast.editor, steps=[step("a")]), cast.editor.client
    drawn = answered(client.get(address(spindle, "canvas/")))
    drawn["nodes"][0]["selected"] = True

    response = client.put(address(spindle, "canvas/"), drawn)

    assert (response["ETag"], answered(response)) == ('"1"', drawn)
    assert answered(client.get(address(spindle)))["nodes_data"][0]["selected"] is True


def test_triggers_are_nodes_and_a_list(cast: Cast) -> None:
    spindle, client = make_spindle(cast.editor, steps=[step("a")]), cast.editor.client
    triggers = [{"id": "t", "kind": "event", "type": "SopPublished"}]

    answered(client.patch(address(spindle), {"triggers": triggers}))
    drawn = answered(client.get(address(spindle, "canvas/")))
    assert [one["id"] for one in drawn["nodes"]] == ["t", "a"]

    drawn["nodes"] = drawn["nodes"][1:]
    answered(client.put(address(spindle, "canvas/"), drawn))
    assert answered(client.get(address(spindle)))["triggers"] == []


def test_a_step_takes_the_looks_of_its_new_kind(cast: Cast) -> None:
    spindle, client = make_spindle(cast.editor, steps=[step("a")]), cast.editor.client
    answered(client.put(address(spindle, "steps/"), {"steps": [gate("a")]}))

    assert answered(client.get(address(spindle)))["nodes_data"][0]["type"] == "conditionNode"


@pytest.mark.parametrize(("average", "seconds"), [("30", 60), ("0.5", 1)])
def test_an_estimate_takes_an_average(cast: Cast, average: str, seconds: float) -> None:
    spindle = make_spindle(cast.editor, steps=[step("a"), step("b", "a")])
    told = answered(cast.editor.client.get(address(spindle, f"steps/?average={average}")))

    assert told["analysis"]["estimated_seconds"] == seconds


@pytest.mark.parametrize(
    ("average", "code"),
    [("x", "invalid"), ("0", "min_value"), ("nan", "min_value"), ("1e9", "max_value")],
)
def test_an_average_that_is_none_is_refused(cast: Cast, average: str, code: str) -> None:
    spindle = make_spindle(cast.editor)
    response = cast.editor.client.get(address(spindle, f"steps/?average={average}"))

    assert faults(response) == [("?average", code)]


def test_kinds_of_steps_are_listed_with_their_parameters(cast: Cast) -> None:
    kinds = {kind["name"]: kind for kind in answered(cast.viewer.client.get("/api/v1/step-kinds/"))}

    assert {"noop", "transform", "condition", "delay", "wait_event", "placeholder"} <= set(kinds)
    assert "seconds" in kinds["delay"]["params"]["properties"]
    assert not any(kind.startswith("container") for kind in kinds)
