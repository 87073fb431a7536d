"""How features join the graph: they declare themselves in `AppConfig.ready()`.

The shared app never imports a feature. A feature's `nodes.py` says which model its entities are and
how an entity describes its nodes; everything else (sync, search, links, events) follows from that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from config.exceptions import ValidationFailed
from node_links.models import NodeEntity, VersionSnapshot
from node_links.operations import NodeOperations


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a node's text: what is embedded and what a hit shows.

    `heading` and `anchor` say where it stands; words are found in `text` only, so a heading that is
    to be found stands in the text as well.
    """

    text: str
    heading: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class NodeDescription:
    """One node as its entity sees it; `node_id` None is the entity itself.

    `summary` and `passages` are plain text. `passages` may be empty: then the node is found by its
    name, keywords and summary.
    """

    node_id: str | None
    node_type: str
    name: str
    summary: str = ""
    keywords: Sequence[str] = ()
    passages: Sequence[Passage] = ()
    searchable: bool = True
    position: tuple[float, float] = (0.0, 0.0)
    visual_properties: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of the platform: the type in addresses, the model, and how to describe an entity.

    `copy_vectors(entity_ids)` is called whenever the vectors of these entities' own nodes have been
    computed, given or taken away, in that transaction and with the entities' rows locked, for
    features that keep a copy. `operations` is what the door `nodes/` may do; by default nothing.
    `snapshots` is the model of published versions; without one, no link can be pinned to a number.
    `read_at` names the field that says when an entity was last read, where the feature notes that.
    """

    feature_type: str
    model: type[NodeEntity]
    describe: Callable[[Any], Sequence[NodeDescription]]
    copy_vectors: Callable[[Sequence[UUID]], None] | None = None
    operations: NodeOperations = field(default_factory=NodeOperations)
    snapshots: type[VersionSnapshot] | None = None
    read_at: str | None = None


class FeatureRegistry:
    """The features that have joined."""

    def __init__(self) -> None:
        """Start empty and open."""
        self._features: dict[str, Feature] = {}

    def add(self, feature: Feature) -> None:
        """Let a feature join; twice the same type is a programming error (`ValueError`)."""
        if feature.feature_type in self._features:
            raise ValueError(f"The feature {feature.feature_type} has joined already.")
        self._features[feature.feature_type] = feature

    def get(self, feature_type: str) -> Feature:
        """Return the feature. Raises `ValidationFailed` for one that is not there."""
        found = self._features.get(feature_type)
        if found is None:
            known = ", ".join(sorted(self._features))
            raise ValidationFailed.of(
                "/feature_type", "invalid_choice", f"Unknown feature; there are: {known}."
            )
        return found

    def __contains__(self, feature_type: object) -> bool:
        """Return whether this feature has joined."""
        return feature_type in self._features

    def all(self) -> list[Feature]:
        """Return all features, by type."""
        return [self._features[name] for name in sorted(self._features)]


features = FeatureRegistry()
