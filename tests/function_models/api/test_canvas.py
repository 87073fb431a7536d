"""The drawing over REST: whole, and node by node and edge by edge."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import Cast, make_model
from tests.function_models.api.observing import address, everything, publishable, reread
from tests.function_models.drawings import container, drawing, edges, knowledge, nested, tether
from tests.observing import answered, event_types, events, faults, refused

pytestmark = pytest.mark.django_db


def test_a_canvas_comes_back_as_it_was_sent_with_defaults_filled_in(cast: Cast) -> None:
    model = make_model(cast.editor)
    node = {
        "id": "a",
        "type": "stageNode",
        "position": {"x": 1.25, "y": -3},
        "data": {"name": "A", "ours": {"deep": [1, 2.5, None]}},
        "zIndex": 4,
    }
    sent = {
        "nodes": [node],
        "edges": [],
        "viewport": {"x": 5, "y": 6.5, "zoom": 0.75, "locked": True},
        "team": {"colour": "blue"},
    }
    url = address(model, "canvas/")

    put = cast.editor.client.put(url, sent)
    stored = answered(put)

    assert put["ETag"] == '"2"'
    assert stored["team"] == {"colour": "blue"}
    assert stored["viewport"] == sent["viewport"]
    [kept] = stored["nodes"]
    assert (kept["zIndex"], kept["position"]) == (4, node["position"])
    assert kept["data"]["ours"] == {"deep": [1, 2.5, None]}
    assert kept["data"]["status"] == "draft"
    read = cast.viewer.client.get(url)
    assert (answered(read), read["ETag"]) == (stored, '"2"')
    again = cast.editor.client.put(url, stored)
    assert (answered(again), again["ETag"]) == (stored, '"2"')
    known = cast.viewer.client.get(url, headers={"If-None-Match": '"2"'})
    assert known.status_code == 304


def test_an_older_name_of_the_parent_is_read(cast: Cast) -> None:
    model = make_model(cast.editor)
    action = {**knowledge("k", "s"), "parentNode": "s"}
    del action["parentId"]

    stored = answered(
        cast.editor.client.put(address(model, "canvas/"), drawing(action, container("s")))
    )

    assert [(node["id"], node.get("parentId")) for node in stored["nodes"]] == [
        ("s", None),
        ("k", "s"),
    ]


def test_a_selection_is_seen_again_and_told_to_nobody(cast: Cast) -> None:
    model = make_model(cast.editor, drawing(container("a")))
    client = cast.editor.client
    before = event_types(cast.editor, model)

    put = client.put(address(model, "canvas/"), drawing({**container("a"), "selected": True}))

    assert put["ETag"] == '"1"'
    assert answered(client.get(address(model)))["nodes_data"][0]["selected"] is True
    assert event_types(cast.editor, model) == before


def test_true_in_place_of_one_is_stored(cast: Cast) -> None:
    """To Python they are equal."""
    model = make_model(cast.editor, drawing({**container("a"), "pinned": 1}))
    client = cast.editor.client

    client.put(address(model, "canvas/"), drawing({**container("a"), "pinned": True}))

    assert answered(client.get(address(model)))["nodes_data"][0]["pinned"] is True


STAGE = container("s")
WRONG: list[tuple[Any, set[tuple[str, str]]]] = [
    ({"nodes": {}}, {("/nodes", "invalid")}),
    ({"nodes": [1]}, {("/nodes/0", "invalid")}),
    (drawing(STAGE, STAGE), {("/nodes/1/id", "duplicate_node_id")}),
    (drawing({**STAGE, "type": "x"}), {("/nodes/0/type", "unknown_node_type")}),
    (drawing({**STAGE, "parentId": "s2"}), {("/nodes/0/parentId", "container_has_parent")}),
    (drawing({**tether("t", "s"), "parentId": None}), {("/nodes/0/parentId", "parent_required")}),
    (drawing(tether("t", "s")), {("/nodes/0/parentId", "parent_not_found")}),
    (
        drawing(STAGE, tether("t", "s"), tether("u", "t")),
        {("/nodes/2/parentId", "parent_not_container")},
    ),
    (
        drawing({**STAGE, "position": {"x": 10001, "y": 0}}),
        {("/nodes/0/position/x", "max_value")},
    ),
    (drawing({**STAGE, "position": {"x": "1", "y": 0}}), {("/nodes/0/position/x", "invalid")}),
    (drawing(container("s", name="a" * 201)), {("/nodes/0/data/name", "max_length")}),
    (drawing(container("s", priority=0)), {("/nodes/0/data/priority", "min_value")}),
    (drawing(container("s", timeout=86401)), {("/nodes/0/data/timeout", "max_value")}),
    (
        drawing(container("i", "ioNode", output_data_contract={})),
        {("/nodes/0/data", "contract_not_allowed")},
    ),
    (drawing(STAGE, arrows=("s>x",)), {("/edges/0/target", "edge_end_not_found")}),
    (drawing(STAGE, arrows=("s>s",)), {("/edges/0", "self_edge")}),
    (
        drawing(STAGE, tether("t", "s"), arrows=("t>s",)),
        {("/edges/0/source", "edge_end_not_container")},
    ),
    (
        drawing(STAGE, container("b"), arrows=("s>b", "b>s")),
        {("/edges", "edge_cycle")},
    ),
    (
        {"nodes": [STAGE, container("b")], "edges": edges("s>b") * 2},
        {("/edges/1/id", "duplicate_edge_id"), ("/edges/1", "duplicate_edge")},
    ),
    ({"viewport": {"zoom": 0}}, {("/viewport/zoom", "min_value")}),
]


@pytest.mark.parametrize(("document", "wanted"), WRONG)
def test_what_would_break_the_drawing_is_refused_and_changes_nothing(
    cast: Cast, document: Any, wanted: set[tuple[str, str]]
) -> None:
    model = make_model(cast.editor, drawing(container("kept")))
    before = everything()

    response = cast.editor.client.put(address(model, "canvas/"), document)

    refused(response, 400, "validation_error")
    assert faults(response) == wanted
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"[]", ("", "invalid")),
        (b'{"nodes": [{"position": {"x": NaN, "y": 0}}]}', ("", "malformed")),
        (b'{"a": ' + b"[" * 70 + b"]" * 70 + b"}", ("", "too_deep")),
        (b'{"nodes": [], "nodes": []}', ("/nodes", "duplicate_key")),
        (b'{"nodes": [], "more": [1e300]}', ("/more/0", "max_value")),
        (b'{"nodes": [], "more": 9223372036854775808}', ("/more", "max_value")),
    ],
)
def test_a_body_that_is_no_document_is_refused(
    cast: Cast, body: bytes, fault: tuple[str, str]
) -> None:
    model = make_model(cast.editor)
    before = everything()

    response = cast.editor.client.put(
        address(model, "canvas/"), body, content_type="application/json"
    )

    assert (response.status_code, faults(response)) == (400, {fault})
    assert everything() == before


def test_a_canvas_of_more_than_five_megabytes_is_too_large(cast: Cast) -> None:
    model = make_model(cast.editor)
    before = everything()

    response = cast.editor.client.put(
        address(model, "canvas/"), {"nodes": [], "padding": "a" * (5 * 1024 * 1024)}
    )

    refused(response, 413, "too_large")
    assert everything() == before


def test_there_is_no_limit_on_the_number_of_nodes(cast: Cast) -> None:
    model = make_model(cast.editor)
    many = {
        "nodes": [
            {
                "id": f"n{i}",
                "type": "stageNode",
                "position": {"x": 0, "y": 0},
                "data": {"name": "n"},
            }
            for i in range(5001)
        ]
    }

    stored = answered(cast.editor.client.put(address(model, "canvas/"), many))

    assert len(stored["nodes"]) == 5001
    assert len(event_types(cast.editor, model)) == 5002


def test_a_node_is_drawn_read_changed_and_taken_out(cast: Cast) -> None:
    model = make_model(cast.editor)
    client = cast.editor.client
    url = address(model, "nodes/")

    drawn = client.post(url, container("s"))
    action = client.post(url, {**knowledge("k", "s", execution_mode="parallel"), "id": None})
    known = answered(action, 201)["id"]
    changed = client.patch(address(model, "nodes/s/"), {"data": {"name": "S", "priority": 9}})
    removed = client.patch(address(model, "nodes/s/"), {"data": {"priority": None}})

    assert (drawn["ETag"], answered(drawn, 201)["data"]["failure_handling"]) == (
        '"2"',
        "critical_only",
    )
    assert (answered(changed)["data"]["name"], changed.json()["data"]["priority"]) == ("S", 9)
    assert answered(removed)["data"]["priority"] == 5
    listed = answered(cast.viewer.client.get(url))
    assert (listed["count"], [node["id"] for node in listed["results"]]) == (2, ["s", known])
    assert answered(cast.viewer.client.get(address(model, "nodes/s/"))) == listed["results"][0]
    gone = client.delete(address(model, f"nodes/{known}/"))
    assert (gone.status_code, gone["ETag"]) == (204, '"6"')
    assert [name for name, _ in events(cast.editor, model)] == [
        "FunctionModelCreated",
        "ContainerNodeAdded",
        "ActionNodeAdded",
        "ContainerNodeUpdated",
        "ContainerNodeUpdated",
        "ActionNodeRemoved",
    ]
    assert events(cast.editor, model)[2][1] == {
        "action_type": "kbNode",
        "name": "k",
        "parent_id": "s",
        "execution_mode": "parallel",
        "execution_order": 1,
        "priority": 5,
    }


def test_a_node_may_be_named_by_anything_that_fits_into_an_address(cast: Cast) -> None:
    model = make_model(cast.editor)
    client = cast.editor.client
    answered(client.post(address(model, "nodes/"), container("a/b.c ü")), 201)

    read = client.get(address(model, "nodes/a%2Fb.c%20%C3%BC/"))

    assert answered(read)["id"] == "a/b.c ü"


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        (container("s"), ("/id", "duplicate_node_id")),
        ({}, ("/type", "required")),
        ({"type": "stageNode", "data": {"name": "x"}}, ("/position", "required")),
        ({**tether("t", "s"), "data": {"name": "t"}}, ("/data/tether_reference_id", "required")),
        (tether("t", "nowhere"), ("/parentId", "parent_not_found")),
        (container("t", name=""), ("/data/name", "blank")),
        (knowledge("k", "s", short_description=" "), ("/data/short_description", "blank")),
        (
            knowledge("k", "s", access_permissions={"view": [], "edit": ["a"]}),
            ("/data/access_permissions", "edit_not_in_view"),
        ),
        (nested("m", "s", nested_version="1.0"), ("/data/nested_version", "invalid_version")),
        (tether("t", "s", raci={"accountable": ["a"]}), ("/data/raci", "raci_no_responsible")),
    ],
)
def test_a_node_that_breaks_a_rule_is_refused_by_pointers_into_itself(
    cast: Cast, node: Any, fault: tuple[str, str]
) -> None:
    model = make_model(cast.editor, drawing(container("s")))
    before = everything()

    response = cast.editor.client.post(address(model, "nodes/"), node)

    refused(response, 400, "validation_error")
    assert faults(response) == {fault}
    assert everything() == before


def test_a_model_does_not_nest_itself(cast: Cast) -> None:
    model = make_model(cast.editor, drawing(container("s")))

    response = cast.editor.client.post(
        address(model, "nodes/"), nested("n", "s", nested_model_id=str(model.pk))
    )

    assert faults(response) == {("/data/nested_model_id", "nested_self")}


def test_the_design_of_a_node_moves_along_its_arrows_only(cast: Cast) -> None:
    model = make_model(cast.editor, drawing(container("s")))
    client, url = cast.editor.client, address(model, "nodes/s/")

    moved = client.patch(url, {"data": {"status": "configured"}})
    before = everything()
    back = client.patch(url, {"data": {"status": "draft"}})
    unknown = client.patch(url, {"data": {"status": "done"}})

    assert answered(moved)["data"]["status"] == "configured"
    assert refused(back, 409, "invalid_transition")["allowed"] == ["active", "inactive", "archived"]
    assert faults(unknown) == {("/data/status", "invalid_choice")}
    assert everything() == before
    assert events(cast.editor, model)[-1] == (
        "NodeStatusChanged",
        {
            "node_type": "stageNode",
            "name": "s",
            "previous_status": "draft",
            "status": "configured",
        },
    )


def test_a_container_that_others_depend_on_stays(cast: Cast) -> None:
    model = make_model(cast.editor, publishable(tether("t", "out")))
    client = cast.editor.client
    before = everything()

    kept = client.delete(address(model, "nodes/work/"))

    assert refused(kept, 409, "node_has_dependents")["dependents"] == ["out"]
    assert everything() == before
    assert client.delete(address(model, "nodes/out/")).status_code == 204
    assert events(cast.editor, model)[1:] == [
        (
            "ContainerNodeRemoved",
            {"node_type": "ioNode", "name": "out", "removed_actions": ["t"]},
        ),
        ("EdgeRemoved", {"edge_id": "work>out", "source": "work", "target": "out"}),
    ]


def test_an_edge_is_drawn_read_changed_and_taken_out(cast: Cast) -> None:
    model = make_model(cast.editor, drawing(container("a"), container("b")))
    client, url = cast.editor.client, address(model, "edges/")

    drawn = answered(client.post(url, {"source": "a", "target": "b", "label": "then"}), 201)
    one = address(model, f"edges/{drawn['id']}/")
    changed = answered(client.patch(one, {"animated": True}))

    assert changed == {**drawn, "animated": True}
    assert answered(client.get(url))["results"] == [changed]
    assert answered(client.get(one)) == changed
    refused(client.post(url, {"source": "b", "target": "a"}), 400, "validation_error")
    assert client.delete(one).status_code == 204
    assert event_types(cast.editor, model)[1:] == [
        "EdgeAdded",
        "FunctionModelUpdated",
        "EdgeRemoved",
    ]


@pytest.mark.parametrize("rest", ["nodes/none/", "edges/none/"])
@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_an_unknown_part_is_not_found_whoever_asks(cast: Cast, rest: str, method: str) -> None:
    model = make_model(cast.editor)

    for person in (cast.editor, cast.viewer):
        refused(getattr(person.client, method)(address(model, rest)), 404, "not_found")


def test_two_people_who_change_different_nodes_keep_both(cast: Cast) -> None:
    model = make_model(cast.editor, drawing(container("a"), container("b")))

    answered(cast.editor.client.patch(address(model, "nodes/a/"), {"data": {"name": "A"}}))
    answered(cast.admin.client.patch(address(model, "nodes/b/"), {"data": {"name": "B"}}))

    stored = reread(cast.editor, model)
    assert [node["data"]["name"] for node in stored.nodes_data] == ["A", "B"]


def test_a_stale_revision_is_refused_for_every_write_of_the_drawing(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())
    client = cast.editor.client
    answered(client.patch(address(model), {"tags": ["x"]}))
    before = everything()
    stale = {"If-Match": '"1"'}

    answers = [
        client.put(address(model, "canvas/"), {}, headers=stale),
        client.post(address(model, "nodes/"), container("n"), headers=stale),
        client.patch(address(model, "nodes/work/"), {}, headers=stale),
        client.delete(address(model, "nodes/out/"), headers=stale),
        client.post(address(model, "edges/"), {}, headers=stale),
        client.patch(address(model, "edges/in>work/"), {}, headers=stale),
        client.delete(address(model, "edges/in>work/"), headers=stale),
    ]

    for response in answers:
        assert refused(response, 412, "revision_conflict")["current_revision"] == 2
    assert everything() == before


def test_the_drawing_is_closed_while_no_draft_is_open(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())
    client = cast.editor.client
    answered(client.post(address(model, "publish/")))
    before = everything()

    answers = [
        client.put(address(model, "canvas/"), []),
        client.put(address(model, "canvas/"), {"nodes": 5}),
        client.post(address(model, "nodes/"), {}),
        client.patch(address(model, "nodes/work/"), {"data": {"status": "inactive"}}),
        client.delete(address(model, "nodes/work/")),
        client.post(address(model, "edges/"), {}),
        client.delete(address(model, "edges/in>work/")),
    ]

    for response in answers[1:]:
        assert refused(response, 409, "invalid_transition")["current"] == "published"
    assert everything() == before


def test_a_snapshot_is_read_by_its_number(cast: Cast) -> None:
    model = make_model(cast.editor, publishable())
    client = cast.editor.client
    answered(client.post(address(model, "publish/")))
    answered(client.post(address(model, "versions/"), {"bump": "patch"}), 201)
    answered(client.put(address(model, "canvas/"), {}))

    url = address(model, "canvas/")
    assert answered(client.get(url))["nodes"] == []
    assert len(answered(client.get(f"{url}?version=1.0.0"))["nodes"]) == 3
    assert len(answered(client.get(f"{url}?version=published"))["nodes"]) == 3
    refused(client.get(f"{url}?version=2.0.0"), 404, "not_found")
    assert faults(client.get(f"{url}?version=v1")) == {("?version", "invalid_version")}


NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
IDS = st.sampled_from(["a", "b", "c", "", " ", "ü/%", 7, None])
KINDS = st.sampled_from(["ioNode", "stageNode", "tetherNode", "kbNode", "x", None])
NODES = st.fixed_dictionaries(
    {"type": KINDS, "data": st.fixed_dictionaries({"name": st.text(max_size=5)}) | JSON},
    optional={
        "id": IDS,
        "parentId": IDS,
        "position": st.fixed_dictionaries({"x": JSON, "y": st.integers(-20000, 20000)}) | JSON,
    },
)
EDGES = st.fixed_dictionaries({"source": IDS, "target": IDS}, optional={"id": IDS, "label": JSON})
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "nodes": st.lists(NODES, max_size=4) | JSON,
        "edges": st.lists(EDGES, max_size=3) | JSON,
        "viewport": JSON,
        "more": JSON,
    },
)


def test_any_document_is_stored_whole_or_refused_without_a_trace(cast: Cast) -> None:
    model = make_model(cast.editor)
    client, url = cast.editor.client, address(model, "canvas/")

    @settings(
        max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(DOCUMENTS)
    def put(document: Any) -> None:
        before = everything()
        response = client.put(url, document)
        assert response.status_code in (200, 400), response.content
        if response.status_code == 400:
            assert faults(response)
            assert everything() == before
        else:
            stored = response.json()
            assert answered(client.put(url, stored)) == stored

    put()
