"""How a spindle, and what is drawn in it, are nodes of the graph."""

from collections.abc import Iterator, Sequence
from typing import Any

from node_links.operations import NodeOperations
from node_links.registry import Feature, NodeDescription, features
from spindles.models import Spindle, SpindleVersion

NODE_TYPE = "spindle"


def describe(spindle: Spindle) -> Sequence[NodeDescription]:
    """Return the node of the spindle itself and one for each step and trigger."""
    return [_whole(spindle), *_drawn(spindle)]


def _whole(spindle: Spindle) -> NodeDescription:
    names = " · ".join(node["data"].get("name") or node["id"] for node in spindle.nodes_data)
    return NodeDescription(
        node_id=None,
        node_type=NODE_TYPE,
        name=spindle.name,
        summary=f"{spindle.description or ''}\n{names}".strip(),
        keywords=spindle.tags,
        metadata={"slug": spindle.slug, "spindle_type": spindle.spindle_type},
    )


def _drawn(spindle: Spindle) -> Iterator[NodeDescription]:
    for node in spindle.nodes_data:
        data: dict[str, Any] = node["data"]
        yield NodeDescription(
            node_id=node["id"],
            node_type=node["type"],
            name=data.get("name") or node["id"],
            summary=data.get("description") or "",
            position=(node["position"]["x"], node["position"]["y"]),
            metadata={"kind": data["kind"], "parent_id": node.get("parentId")},
        )


def register(operations: NodeOperations) -> None:
    """Join the graph; `operations` are made of services, which stand above this module."""
    features.add(
        Feature(
            Spindle.feature_type,
            Spindle,
            describe,
            operations=operations,
            snapshots=SpindleVersion,
        )
    )
