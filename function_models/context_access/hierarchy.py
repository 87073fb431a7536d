"""How two nodes of a model stand to each other: root, containers, actions, nested models below."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from function_models.canvas.document import Canvas

ROOT = "root"


class Relation(StrEnum):
    """What the one who asks is to the node asked for."""

    SELF = "self"
    PARENT = "parent"
    ANCESTOR = "ancestor"
    CHILD = "child"
    DESCENDANT = "descendant"
    SIBLING = "sibling"
    NEPHEW = "nephew"
    NONE = "none"


@dataclass(frozen=True)
class Hierarchy:
    """A tree of nodes by id; `parents` names the parent of each, none for the root."""

    parents: Mapping[str, str | None]

    @classmethod
    def of(cls, canvas: Canvas) -> "Hierarchy":
        """Return the tree of a drawing; `root` is the model itself."""
        inside = {node.id: node.parent_id or ROOT for node in canvas.nodes}
        return cls({ROOT: None, **inside})

    def __contains__(self, node_id: str) -> bool:
        """Say whether there is such a node."""
        return node_id in self.parents

    def ancestors(self, node_id: str) -> Iterator[str]:
        """Yield the parent, its parent, and so on up to the root."""
        parent = self.parents[node_id]
        while parent is not None:
            yield parent
            parent = self.parents[parent]

    def children(self, node_id: str) -> list[str]:
        """Return the nodes directly below."""
        return [known for known, parent in self.parents.items() if parent == node_id]

    def relation(self, requester: str, target: str) -> Relation:
        """Return what `requester` is to `target`."""
        if requester == target:
            return Relation.SELF
        above, below = list(self.ancestors(target)), list(self.ancestors(requester))
        if requester in above:
            return Relation.PARENT if above[0] == requester else Relation.ANCESTOR
        if target in below:
            return Relation.CHILD if below[0] == target else Relation.DESCENDANT
        if self.parents[requester] == self.parents[target]:
            return Relation.SIBLING
        if len(below) > 1 and below[1] == self.parents[target]:
            return Relation.NEPHEW
        return Relation.NONE
