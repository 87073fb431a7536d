"""Real drawings of another tool, against counts made without this code."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from accounts.tenancy import scope
from function_models.canvas.document import parse_canvas
from function_models.exchange.formats import read_model
from function_models.exchange.mermaid import flowchart
from function_models.exchange.reactflow.writing import original_of
from function_models.models import FunctionModel
from function_models.services.drawing import put_canvas
from function_models.services.exchange.importing import import_files, import_upload
from function_models.services.exchange.sources import Files
from node_links.models import NodeMetadata
from tests.factories import Cast
from tests.function_models.exchange.test_mermaid import parse

DATA = Path(__file__).parents[3].parent / "shared" / "data" / "process" / "reactflow"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason="the drawings are not here"),
]


def drawings(paths: Iterable[str]) -> Files:
    """Return the files; the counts beside them are none of them."""
    return Files([(path, (DATA / path).read_bytes()) for path in paths])


def sorted_parts(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with nodes and edges in the order of their ids."""
    parts = {part: sorted(document[part], key=lambda one: one["id"]) for part in ("nodes", "edges")}
    return {**document, **parts}


def without_viewport(document: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """Return the document without a viewport where none was sent."""
    return {key: value for key, value in document.items() if key != "viewport" or key in sent}


def test_all_drawings_are_saved_and_read_back_whole(cast: Cast) -> None:
    expected = json.loads((DATA / "expected.json").read_text())
    files = {path: json.loads((DATA / path).read_text()) for path in expected["per_file"]}
    actor = cast.editor.actor

    with scope(actor):
        report = import_files(actor=actor, files=drawings(expected["per_file"]))
        rows = {str(model.external_id): model for model in FunctionModel.objects.all()}

        assert (report.files, len(rows)) == (expected["files"], 26)
        totals = {"nodes": 0, "edges": 0}
        for path, counts in expected["per_file"].items():
            model, sent = rows[path], files[path]
            aside = model.document.get("foreign", {})
            nodes = len(model.nodes_data) + len(aside.get("nodes", []))
            edges = len(model.edges_data) + len(aside.get("edges", []))
            children = sum("parentId" in node for node in model.nodes_data)
            assert (nodes, edges) == (counts["nodes"], counts["edges"]), path
            assert children == counts["children_with_parent"], path
            back = without_viewport(original_of(model.document), sent)
            assert sorted_parts(back) == sorted_parts(sent), path
            drawn = NodeMetadata.objects.of_entity("function-model", model.pk)
            assert drawn.exclude(node_id=None).count() == len(model.nodes_data)
            totals = {"nodes": totals["nodes"] + nodes, "edges": totals["edges"] + edges}
        assert totals == expected["totals"]


def test_a_drawing_read_and_saved_again_is_no_change(cast: Cast) -> None:
    path = DATA / "flowise-agentflowsv2" / "Iterations.json"
    actor = cast.editor.actor

    with scope(actor), path.open("rb") as file:
        import_upload(actor=actor, name=path.name, file=file)
        model = FunctionModel.objects.get()
        saved = put_canvas(actor=actor, pk=model.pk, document=model.document)

        assert (saved.revision, saved.name) == (1, "Iterations")
        again = FunctionModel.objects.get()
        assert again.document == model.document
        inside = [node for node in again.nodes_data if "parentId" in node]
        assert [node["data"]["execution_order"] for node in inside] == [1, 2]
        assert [kept["reason"] for kept in again.document["foreign"]["edges"]] == [
            "inside_container"
        ]


def test_every_drawing_becomes_a_flowchart_that_parses() -> None:
    for path in sorted(DATA.glob("*/*.json")):
        record = read_model(path.name, path.read_bytes())
        canvas = parse_canvas(record.document)

        names, around, arrows = parse(flowchart(canvas, title=record.name))

        assert len(names) == len(canvas.nodes)
        assert sum(parent is not None for parent in around.values()) == len(canvas.actions)
        assert len(arrows) == len(canvas.edges)
