"""Editing what is drawn, through the services that every door uses."""

import pytest

from accounts.tenancy import scope
from config.exceptions import Conflict, InvalidTransition, ValidationFailed
from function_models.models import FunctionModel
from function_models.services.drawing import put_canvas
from function_models.services.parts import add_edge, add_node, remove_node, update_node
from node_links.models import NodeEvent, NodeMetadata
from tests.factories import Cast, make_model
from tests.function_models.drawings import container, drawing, tether

pytestmark = pytest.mark.django_db


def events(model: FunctionModel) -> list[str]:
    """Return the types of the model's events, oldest first."""
    rows = NodeEvent.objects.filter(entity_id=model.pk).order_by("sequence")
    return list(rows.values_list("event_type", flat=True))


def test_a_drawing_is_stored_with_its_nodes_and_one_event_for_each_change(cast: Cast) -> None:
    model = make_model(cast.editor)
    document = {
        "nodes": [tether("a", "s"), container("i", "ioNode"), container("s")],
        "edges": [{"id": "e", "source": "i", "target": "s"}],
        "team": {"colour": "blue"},
    }

    with scope(cast.editor.actor):
        saved = put_canvas(actor=cast.editor.actor, pk=model.pk, document=document)

        assert saved.revision == 2
        assert events(model) == [
            "FunctionModelCreated",
            "ContainerNodeAdded",
            "ActionNodeAdded",
            "ContainerNodeAdded",
            "EdgeAdded",
            "FunctionModelUpdated",
        ]
        stored = FunctionModel.objects.get(pk=model.pk)
        assert stored.document["team"] == {"colour": "blue"}
        assert [node["id"] for node in stored.nodes_data] == ["s", "a", "i"]
        nodes = NodeMetadata.objects.of_entity("function-model", model.pk)
        assert set(nodes.values_list("node_id", flat=True)) == {None, "a", "i", "s"}


def test_the_same_drawing_again_changes_nothing(cast: Cast) -> None:
    model = make_model(cast.editor, {"nodes": [container("s")], "edges": []})

    with scope(cast.editor.actor):
        before = events(model)
        saved = put_canvas(actor=cast.editor.actor, pk=model.pk, document=model.document)

        assert saved.revision == 1
        assert events(model) == before


def test_a_node_read_before_is_not_read_again_and_follows_its_edges(cast: Cast) -> None:
    document = drawing(container("a"), container("b"), tether("t", "b"), arrows=("a>b",))
    model = make_model(cast.editor, document)
    actor = cast.editor.actor

    with scope(actor):
        again = model.document | {"edges": []}
        saved = put_canvas(actor=actor, pk=model.pk, document=again)

        assert saved.canvas.by_id["t"] == model.canvas.by_id["t"]
        stored = FunctionModel.objects.get(pk=model.pk)
        assert [node["data"].get("dependencies") for node in stored.nodes_data] == [[], [], None]
        assert model.canvas.by_id["b"].data.model_dump()["dependencies"] == ["a"]
        assert events(model) == ["FunctionModelCreated", "EdgeRemoved"]


def test_a_selection_is_kept_and_is_no_change(cast: Cast) -> None:
    model = make_model(cast.editor, {"nodes": [container("s")], "edges": []})
    selected = {**container("s"), "selected": True}

    with scope(cast.editor.actor):
        saved = put_canvas(
            actor=cast.editor.actor, pk=model.pk, document={"nodes": [selected], "edges": []}
        )

        assert saved.revision == 1
        assert FunctionModel.objects.get(pk=model.pk).nodes_data[0]["selected"] is True
        assert events(model) == ["FunctionModelCreated"]


def test_two_edits_of_different_nodes_both_stay(cast: Cast) -> None:
    model = make_model(cast.editor, {"nodes": [container("a"), container("b")], "edges": []})
    actor = cast.editor.actor

    with scope(actor):
        update_node(actor=actor, pk=model.pk, node_id="a", changes={"data": {"name": "A"}})
        update_node(actor=actor, pk=model.pk, node_id="b", changes={"position": {"x": 5, "y": 6}})

        stored = FunctionModel.objects.get(pk=model.pk)
        assert [node["data"]["name"] for node in stored.nodes_data] == ["A", "b"]
        assert stored.nodes_data[1]["position"] == {"x": 5, "y": 6}
        assert stored.revision == 3


def test_a_node_is_refused_by_pointers_into_what_was_sent(cast: Cast) -> None:
    model = make_model(cast.editor, {"nodes": [container("a")], "edges": []})
    actor = cast.editor.actor

    with pytest.raises(ValidationFailed) as refusal, scope(actor):
        add_node(actor=actor, pk=model.pk, node=container("b", priority=11, name=" "))

    assert {(fault.pointer, fault.code) for fault in refusal.value.errors} == {
        ("/data/priority", "max_value"),
        ("/data/name", "blank"),
    }
    with scope(actor):
        assert FunctionModel.objects.get(pk=model.pk).revision == 1


def test_a_status_moves_along_the_arrows_only(cast: Cast) -> None:
    model = make_model(cast.editor, {"nodes": [container("a")], "edges": []})
    actor = cast.editor.actor

    with pytest.raises(InvalidTransition) as refusal, scope(actor):
        update_node(actor=actor, pk=model.pk, node_id="a", changes={"data": {"status": "error"}})
    with scope(actor):
        moved = {"data": {"status": "configured"}}
        saved = update_node(actor=actor, pk=model.pk, node_id="a", changes=moved)

        assert refusal.value.allowed == ["configured", "active", "archived"]
        assert saved.nodes_data[0]["data"]["status"] == "configured"
        assert events(model) == ["FunctionModelCreated", "NodeStatusChanged"]


def test_a_container_goes_with_its_actions_unless_others_depend_on_it(cast: Cast) -> None:
    nodes = [container("a"), container("b"), tether("in", "b")]
    model = make_model(cast.editor, {"nodes": nodes, "edges": []})
    actor = cast.editor.actor
    with scope(actor):
        add_edge(actor=actor, pk=model.pk, edge={"id": "e", "source": "a", "target": "b"})

    with pytest.raises(Conflict) as refusal, scope(actor):
        remove_node(actor=actor, pk=model.pk, node_id="a")
    with scope(actor):
        remove_node(actor=actor, pk=model.pk, node_id="b")

        assert refusal.value.code == "node_has_dependents"
        assert refusal.value.extra == {"dependents": ["b"]}
        stored = FunctionModel.objects.get(pk=model.pk)
        assert [node["id"] for node in stored.nodes_data] == ["a"]
        assert stored.edges_data == []
        assert events(model)[-2:] == ["ContainerNodeRemoved", "EdgeRemoved"]
