"""How a function model, and what is drawn in it, are nodes of the graph."""

from collections.abc import Iterator, Sequence
from typing import Any

from function_models.models import FunctionModel, FunctionModelVersion
from node_links.operations import NodeOperations
from node_links.registry import Feature, NodeDescription, features

NODE_TYPE = "function-model"


def describe(model: FunctionModel) -> Sequence[NodeDescription]:
    """Return the node of the model itself and one for each container and action."""
    return [_whole(model), *_drawn(model)]


def _whole(model: FunctionModel) -> NodeDescription:
    names = " · ".join(node["data"]["name"] for node in model.nodes_data)
    return NodeDescription(
        node_id=None,
        node_type=NODE_TYPE,
        name=model.name,
        summary=f"{model.description or ''}\n{names}".strip(),
        keywords=model.tags,
        metadata={"process_type": model.process_type, "complexity_level": model.complexity_level},
    )


def _drawn(model: FunctionModel) -> Iterator[NodeDescription]:
    for node in model.nodes_data:
        data: dict[str, Any] = node["data"]
        yield NodeDescription(
            node_id=node["id"],
            node_type=node["type"],
            name=data["name"],
            summary=data.get("description") or data.get("short_description") or "",
            keywords=data.get("search_keywords") or (),
            position=(node["position"]["x"], node["position"]["y"]),
            visual_properties=data.get("visual_properties") or {},
            metadata={"parent_id": node.get("parentId")},
        )


def register(operations: NodeOperations) -> None:
    """Join the graph; `operations` are made of services, which stand above this module."""
    features.add(
        Feature(
            FunctionModel.feature_type,
            FunctionModel,
            describe,
            operations=operations,
            snapshots=FunctionModelVersion,
        )
    )
