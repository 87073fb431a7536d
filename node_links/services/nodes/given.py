"""What people set on a node itself, laid over what its entity says of it.

A node's `visual_properties`, `metadata` and `search_keywords` are both together: the entity's part
comes from `describe`, the other part stands in the `given_` columns. Only differences are kept
there, so that somebody who sends back what was read, with one member changed, owns that member and
nothing else; the entity's own members go on following the entity.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from node_links.models import NodeEntity, NodeMetadata
from node_links.registry import NodeDescription, features

GIVEN = ("visual_properties", "metadata", "search_keywords")
"""Fields that a node keeps itself, unless its feature does."""


def lay_over(description: NodeDescription, node: NodeMetadata) -> NodeDescription:
    """Return `description` with what was given to `node`: members of the same name are replaced,
    keywords added."""
    if not (node.given_keywords or node.given_metadata or node.given_visual_properties):
        return description
    own = description.keywords
    return replace(
        description,
        keywords=[*own, *(word for word in node.given_keywords if word not in own)],
        visual_properties={**description.visual_properties, **node.given_visual_properties},
        metadata={**description.metadata, **node.given_metadata},
    )


def take(node: NodeMetadata, own: NodeDescription, values: dict[str, Any]) -> None:
    """Keep in the `given_` columns of `node` in what `values` differ from its `own` description.

    What is not in `values` stays; a member of `own` that is missing in what was sent stays too.
    """
    if "visual_properties" in values:
        node.given_visual_properties = _difference(
            values["visual_properties"], own.visual_properties
        )
    if "metadata" in values:
        node.given_metadata = _difference(values["metadata"], own.metadata)
    if "search_keywords" in values:
        node.given_keywords = [
            word for word in values["search_keywords"] if word not in own.keywords
        ]


def descriptions_of(
    entity: NodeEntity, nodes: Iterable[NodeMetadata]
) -> list[tuple[NodeMetadata, NodeDescription]]:
    """Return what `entity` says of each of its `nodes`.

    A row of which the entity says nothing (any more) is described by itself.
    """
    said = {one.node_id: one for one in features.get(entity.feature_type).describe(entity)}
    return [(node, said.get(node.node_id) or _itself(node)) for node in nodes]


def _itself(node: NodeMetadata) -> NodeDescription:
    return NodeDescription(
        node_id=node.node_id,
        node_type=node.node_type,
        name=node.name,
        summary=node.search_text,
        keywords=[word for word in node.search_keywords if word not in node.given_keywords],
        searchable=node.searchable,
        position=(float(node.position_x), float(node.position_y)),
        visual_properties=_without(node.visual_properties, node.given_visual_properties),
        metadata=_without(node.metadata, node.given_metadata),
    )


def _difference(sent: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name not in own or own[name] != value}


def _without(members: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in names}
