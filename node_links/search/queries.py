"""The vector of a query, remembered for a day: people ask the same things."""

import hashlib
from uuid import UUID

from config.cache import cache, key
from node_links.search.embedders import Embedder

_DAY = 24 * 3600


def embed_query(*, organization_id: UUID, embedder: Embedder, query: str) -> list[float]:
    """Return the unit vector of `query`. What the embedder raises is raised, not remembered."""
    asked = f"{embedder.model}\x1f{embedder.dimensions}\x1f{query}"
    digest = hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()
    vector: list[float] = cache.get_or_set(
        key(organization_id, "query-vector", digest), lambda: embedder.embed([query])[0], _DAY
    )
    return vector
