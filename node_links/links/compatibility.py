"""Which types of link may join which features.

The table binds links that people make; those that the platform derives from content or records of
a run follow what is there.
"""

from collections.abc import Sequence

from node_links.choices import FeatureType

_MODEL, _KNOWLEDGE = FeatureType.FUNCTION_MODEL, FeatureType.KNOWLEDGE_BASE
_STORM, _SPINDLE = FeatureType.EVENT_STORM, FeatureType.SPINDLE
_FLOW = ("triggers", "consumes", "produces")

# The platform's own types, for each pair of different features in either direction.
ALLOWED: dict[frozenset[str], frozenset[str]] = {
    frozenset((_MODEL.value, _KNOWLEDGE.value)): frozenset(("documents", "references", "supports")),
    frozenset((_MODEL.value, _SPINDLE.value)): frozenset(("implements", *_FLOW)),
    frozenset((_MODEL.value, _STORM.value)): frozenset(_FLOW),
    frozenset((_KNOWLEDGE.value, _SPINDLE.value)): frozenset(("documents", "supports")),
    frozenset((_KNOWLEDGE.value, _STORM.value)): frozenset(("documents", "references")),
    frozenset((_SPINDLE.value, _STORM.value)): frozenset(_FLOW),
}


def allows(type_name: str, source_feature: str, target_feature: str) -> bool:
    """Return whether a type of the platform may join the two; any may inside one feature."""
    if source_feature == target_feature:
        return True
    return type_name in ALLOWED[frozenset((source_feature, target_feature))]


def pairs_allow(pairs: Sequence[Sequence[str]], source_feature: str, target_feature: str) -> bool:
    """Return whether an organisation's own type, limited to `pairs`, may join the two.

    A pair counts in either direction; no pairs at all allow every one.
    """
    return not pairs or any(
        sorted(pair) == sorted((source_feature, target_feature)) for pair in pairs
    )
