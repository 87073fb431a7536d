"""What features, types and origins look like; colours of features stand in the style sheet."""

import re
from dataclasses import dataclass

from node_links.choices import FeatureType, LinkOrigin

NEUTRAL = "#64748b"
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True)
class FeatureLook:
    """A feature in a picture: `symbol` names its shape, which tells it apart without colours."""

    symbol: str
    label: str


FEATURES: dict[str, FeatureLook] = {
    FeatureType.FUNCTION_MODEL: FeatureLook("function-model", "Function model"),
    FeatureType.KNOWLEDGE_BASE: FeatureLook("knowledge-base", "Knowledge"),
    FeatureType.EVENT_STORM: FeatureLook("event-storm", "Event storm"),
    FeatureType.SPINDLE: FeatureLook("spindle", "Spindle"),
}
OTHER = FeatureLook("other", "Other")
DASHES: dict[str, str] = {
    LinkOrigin.MANUAL: "",
    LinkOrigin.DERIVED: "7 4",
    LinkOrigin.RUNTIME: "1.5 4.5",
}
ORIGINS: dict[str, str] = {
    LinkOrigin.MANUAL: "made by hand",
    LinkOrigin.DERIVED: "derived from content",
    LinkOrigin.RUNTIME: "left by a run",
}


def feature_look(feature: str) -> FeatureLook:
    """Return how a feature is drawn; one that is not known has a look as well."""
    return FEATURES.get(feature, OTHER)


def colour(text: str | None) -> str:
    """Return a colour `#rgb` or `#rrggbb` as it is, and grey for anything else."""
    return text if text and _COLOUR.fullmatch(text) else NEUTRAL


def thickness(strength: float) -> float:
    """Return how wide the line of a link is, in pixels: 1 for strength 0, 4 for strength 1."""
    return 1 + 3 * min(max(strength, 0.0), 1.0)
