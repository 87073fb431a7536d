"""What differs in meaning between two versions of a function model.

Where a node stands is told apart from what it says: a drawing that was only tidied up has `moved`
nodes and no modified one. Statuses are no part of a version's meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from function_models.canvas.nodes import CONTAINERS
from node_links.canvas.comparison import Change, object_changes

FIELDS = (
    "name",
    "description",
    "process_type",
    "complexity_level",
    "estimated_duration",
    "tags",
    "ai_agent_config",
    "context",
)
# A client of the process notices when one of these changes on a node that stays.
_BOUNDARY = frozenset({"boundary_type", "input_data_contract", "output_data_contract"})
Node = dict[str, Any]


@dataclass(slots=True)
class PartComparison:
    """Ids that came and went, and the changes of those that stayed."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    modified: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Comparison:
    """The way from one version's content to another's."""

    containers: PartComparison
    actions: PartComparison
    edges: PartComparison
    fields: Change
    metadata: Change
    moved: list[str]

    @property
    def breaking(self) -> bool:
        """Whether a node is gone, or what goes in or comes out has changed."""
        gone = self.containers.removed or self.actions.removed
        touched = (change.keys() for change in (m["changes"] for m in self.containers.modified))
        return bool(gone) or any(not _BOUNDARY.isdisjoint(keys) for keys in touched)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as the API answers them."""
        parts = (self.containers, self.actions)
        removed = [key for key, change in self.metadata.items() if change["new"] is None]
        return {
            "containers": _plain(self.containers),
            "actions": _plain(self.actions),
            "edges": {"added": self.edges.added, "removed": self.edges.removed},
            "fields": self.fields,
            "metadata": {
                "added_or_modified": {
                    key: change["new"]
                    for key, change in self.metadata.items()
                    if change["new"] is not None
                },
                "removed": removed,
            },
            "moved": self.moved,
            "breaking": self.breaking,
            "summary": {
                "added": sum(len(part.added) for part in parts),
                "removed": sum(len(part.removed) for part in parts),
                "modified": sum(len(part.modified) for part in parts),
                "moved": len(self.moved),
            },
        }


def compare_contents(old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """Compare two contents as versions keep them (`FunctionModel.snapshot_fields`)."""
    moved: list[str] = []
    containers, actions = (
        _compare_nodes(_nodes(old, inner=inner), _nodes(new, inner=inner), moved)
        for inner in (False, True)
    )
    return Comparison(
        containers=containers,
        actions=actions,
        edges=_compare_edges(old["edges_data"], new["edges_data"]),
        fields=object_changes(
            {name: old.get(name) for name in FIELDS}, {name: new.get(name) for name in FIELDS}
        ),
        metadata=object_changes(old["metadata"], new["metadata"]),
        moved=moved,
    )


def _nodes(content: Mapping[str, Any], *, inner: bool) -> dict[str, Node]:
    nodes = content["nodes_data"]
    return {node["id"]: node for node in nodes if (node["type"] not in CONTAINERS) is inner}


def _compare_nodes(old: dict[str, Node], new: dict[str, Node], moved: list[str]) -> PartComparison:
    found = PartComparison(
        added=[known for known in new if known not in old],
        removed=[known for known in old if known not in new],
    )
    for known, node in new.items():
        if known not in old:
            continue
        changes = object_changes(_meaning(old[known]), _meaning(node))
        if changes:
            found.modified.append({"id": known, "changes": changes})
        elif old[known]["position"] != node["position"]:
            moved.append(known)
    return found


def _meaning(node: Node) -> Node:
    data = {key: value for key, value in node["data"].items() if key != "status"}
    return {"type": node["type"], "parent_id": node.get("parentId"), **data}


def _compare_edges(old: list[Node], new: list[Node]) -> PartComparison:
    before, after = ({_arrow(edge): edge["id"] for edge in edges} for edges in (old, new))
    return PartComparison(
        added=[known for arrow, known in after.items() if arrow not in before],
        removed=[known for arrow, known in before.items() if arrow not in after],
    )


def _arrow(edge: Node) -> tuple[Any, ...]:
    return (edge["source"], edge["target"], edge.get("sourceHandle"), edge.get("targetHandle"))


def _plain(part: PartComparison) -> dict[str, Any]:
    return {"added": part.added, "removed": part.removed, "modified": part.modified}
