"""What two versions of a model differ in."""

from typing import Any

from function_models.comparison import compare_contents
from tests.function_models.drawings import container, drawn, tether

OLD = (container("in", "ioNode"), container("a"), container("b"), tether("t", "a"))


def content(*nodes: dict[str, Any], arrows: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    """Return what a version keeps of a drawing."""
    document = drawn(*nodes, arrows=arrows).as_document()
    return {
        "name": "Model",
        "metadata": {},
        "nodes_data": document["nodes"],
        "edges_data": document["edges"],
        **fields,
    }


def changed(node: dict[str, Any], **data: Any) -> dict[str, Any]:
    """Return the node saying something else."""
    return {**node, "data": {**node["data"], **data}}


def test_equal_contents_differ_in_nothing() -> None:
    same = content(*OLD, arrows=("in>a",))

    found = compare_contents(same, same)

    assert found.as_dict() == {
        "containers": {"added": [], "removed": [], "modified": []},
        "actions": {"added": [], "removed": [], "modified": []},
        "edges": {"added": [], "removed": []},
        "fields": {},
        "metadata": {"added_or_modified": {}, "removed": []},
        "moved": [],
        "breaking": False,
        "summary": {"added": 0, "removed": 0, "modified": 0, "moved": 0},
    }


def test_what_came_went_changed_and_moved_is_told_apart() -> None:
    moved = {**OLD[2], "position": {"x": 5, "y": 5}}
    new = content(
        OLD[0],
        changed({**OLD[1], "position": {"x": 9, "y": 9}}, name="A"),
        moved,
        container("c"),
        arrows=("in>a", "a>c"),
    )

    found = compare_contents(content(*OLD, arrows=("in>b",)), new).as_dict()

    assert found["containers"]["added"] == ["c"]
    assert found["containers"]["removed"] == []
    assert found["containers"]["modified"] == [
        {
            "id": "a",
            "changes": {
                "name": {"old": "a", "new": "A"},
                "dependencies": {"old": [], "new": ["in"]},
            },
        },
        {"id": "b", "changes": {"dependencies": {"old": ["in"], "new": []}}},
    ]
    assert found["actions"] == {"added": [], "removed": ["t"], "modified": []}
    assert found["edges"] == {"added": ["in>a", "a>c"], "removed": ["in>b"]}
    assert found["moved"] == []
    assert found["summary"] == {"added": 1, "removed": 1, "modified": 2, "moved": 0}


def test_a_tidied_up_drawing_has_moved_nodes_only() -> None:
    moved = {**OLD[2], "position": {"x": 5, "y": 5}}

    found = compare_contents(content(*OLD), content(*OLD[:2], moved, OLD[3])).as_dict()

    assert found["moved"] == ["b"]
    assert found["summary"] == {"added": 0, "removed": 0, "modified": 0, "moved": 1}
    assert found["breaking"] is False


def test_a_status_and_a_selection_are_no_difference() -> None:
    old, new = content(*OLD), content({**OLD[0], "selected": True}, *OLD[1:])
    new["nodes_data"][1]["data"]["status"] = "active"

    assert compare_contents(old, new).as_dict()["summary"]["modified"] == 0


def test_a_removed_node_and_another_boundary_break_what_clients_rely_on() -> None:
    narrowed = changed(OLD[0], input_data_contract={"required": ["x"]})

    assert compare_contents(content(*OLD), content(*OLD[:3])).breaking is True
    assert compare_contents(content(*OLD), content(narrowed, *OLD[1:])).breaking is True
    assert compare_contents(content(*OLD), content(*OLD, container("z"))).breaking is False


def test_fields_and_metadata_are_told_by_key() -> None:
    old = content(metadata={"a": 1, "b": 2})
    new = content(metadata={"b": 3, "c": 4}, name="Other")

    found = compare_contents(old, new).as_dict()

    assert found["fields"] == {"name": {"old": "Model", "new": "Other"}}
    assert found["metadata"] == {"added_or_modified": {"b": 3, "c": 4}, "removed": ["a"]}
