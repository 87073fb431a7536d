"""Reading React Flow JSON, whoever has drawn it."""

from typing import Any

import rustworkx
from pydantic import ValidationError

from config.exceptions import ValidationFailed
from function_models.canvas.document import parse_canvas
from function_models.canvas.nodes import CONTAINERS
from function_models.exchange.faces import ExchangeError, Source
from function_models.exchange.names import legal_name
from function_models.exchange.reactflow.edges import EdgeTranslation
from function_models.exchange.reactflow.graph import Aside, ForeignNode, Part, read_nodes
from function_models.exchange.reactflow.nodes import translate_nodes
from function_models.exchange.record import ModelRecord
from node_links.canvas.shapes import Viewport

MAX_DESCRIPTION = 5000


class ReactFlowImporter:
    """React Flow JSON in."""

    name = "reactflow"
    suffixes: tuple[str, ...] = (".json",)

    def recognises(self, source: Source) -> bool:
        """Say whether the file has a list of nodes, as every drawing of React Flow has."""
        document = source.document
        if not isinstance(document, dict) or not isinstance(document.get("nodes"), list):
            return False
        return isinstance(document.get("edges", []), list)

    def read(self, source: Source) -> ModelRecord:
        """Return the model that the drawing becomes. Raises `ExchangeError`."""
        sent: Part = source.document
        aside = Aside()
        document = _translate(sent, aside)
        try:
            parse_canvas(document)
        except ValidationFailed as refusal:
            raise ExchangeError(source.path, refusal.errors) from refusal
        return ModelRecord(
            external_id=source.path,
            fields=_fields(sent, source, aside),
            document=document,
            findings=tuple(aside.findings),
            source=source.path,
            format=self.name,
        )


def _translate(sent: Part, aside: Aside) -> Part:
    nodes = read_nodes(sent["nodes"], aside)
    edges = sent.get("edges", [])
    for edge in edges:
        for end in ("source", "target"):
            node = nodes.get(str(edge.get(end))) if isinstance(edge, dict) else None
            if node is not None:
                node.is_linked = True
    drawn = translate_nodes(list(nodes.values()), aside)
    containers = {node["id"] for node in drawn if node["type"] in CONTAINERS}
    translation = EdgeTranslation(nodes, containers, aside)
    for edge in edges:
        translation.take(edge)
    _put_in_order(drawn, nodes, translation.inside)
    document = {**sent, "nodes": drawn, "edges": translation.drawn}
    kept = _aside_of(document, aside)
    viewport = document.get("viewport")
    if viewport is not None and not _is_viewport(viewport):
        kept["viewport"] = document.pop("viewport")
        aside.tell("viewport_invalid", "The viewport is none; the usual one was taken.")
    if kept:
        document["foreign"] = kept
    return document


def _aside_of(document: Part, aside: Aside) -> Part:
    """Return what stands aside now and from an import before."""
    before = document.get("foreign")
    kept: Part = dict(before) if isinstance(before, dict) else {}
    for key, members in (("nodes", aside.nodes), ("edges", aside.edges)):
        if members:
            old = kept.get(key)
            kept[key] = [*(old if isinstance(old, list) else []), *members]
    return kept


def _put_in_order(
    drawn: list[Part], nodes: dict[str, ForeignNode], inside: list[tuple[str, str]]
) -> None:
    """Let the actions that came with edges among them run in the order that these say."""
    graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph(check_cycle=True)
    index = {known: graph.add_node(known) for known in nodes}
    for source, target in inside:
        try:
            graph.add_edge(index[source], index[target], None)
        except rustworkx.DAGWouldCycle:
            continue  # one of them has to come first; the edge itself is kept aside
    place = {known: f"{at:09}" for at, known in enumerate(nodes)}
    order = {
        known: at
        for at, known in enumerate(
            rustworkx.lexicographical_topological_sort(graph, place.__getitem__)
        )
    }
    last: dict[str, int] = {}
    foreign = [node for node in drawn if "parentId" in node and "foreign" in node["data"]]
    for node in sorted(foreign, key=lambda node: order[node["id"]]):
        last[node["parentId"]] = last.get(node["parentId"], 0) + 1
        node["data"].setdefault("execution_order", last[node["parentId"]])


def _is_viewport(value: Any) -> bool:
    try:
        Viewport.model_validate(value)
    except ValidationError:
        return False
    return True


def _fields(sent: Part, source: Source, aside: Aside) -> Part:
    named = next((sent[key] for key in ("name", "title") if isinstance(sent.get(key), str)), "")
    wanted = named.strip() or source.stem
    name = legal_name(wanted)
    if name != wanted:
        aside.tell("name_changed", f"{wanted} is called {name}.")
    fields: Part = {"name": name}
    description = sent.get("description")
    if isinstance(description, str) and description.strip():
        fields["description"] = description.strip()[:MAX_DESCRIPTION].strip()
    return fields
