"""Embedding models whose vectors may be given from outside, with their lengths."""

from node_links.search.embedders.registry import get_embedder

LONGEST = 1536
"""The longest vector that is taken from outside (seed document 000, section 2)."""

KNOWN_MODELS = {
    "wordllama-l2-supercat-256": 256,
    "text-embedding-3-small": 1536,
    "text-embedding-ada-002": 1536,
}


def model_dimensions(model: str) -> int | None:
    """Return how long vectors of `model` are, None for a model that nobody here knows.

    What the settings say of the embedder in use goes before what is generally known.
    """
    embedder = get_embedder()
    dimensions = embedder.dimensions if model == embedder.model else KNOWN_MODELS.get(model)
    return dimensions if dimensions is None or dimensions <= LONGEST else None
