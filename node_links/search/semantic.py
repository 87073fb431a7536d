"""Finding by meaning: the passages nearest to the query, each standing for its entity."""

from uuid import UUID

from django.conf import settings

from node_links.search.candidates import Candidates
from node_links.search.embedders import get_embedder
from node_links.search.fulltext import Match, Ranking
from node_links.search.nearest import CHUNKS, find_nearest
from node_links.search.queries import embed_query

# A long document has many near passages; so many are looked at to find enough documents.
_PASSAGES_PER_ENTITY = 3


def rank_by_meaning(*, candidates: Candidates, query: str, limit: int) -> Ranking:
    """Return up to `limit` entities, by their passage nearest to `query`; the score is its cosine.

    Everything is near something, so passages below `SEMANTIC_FLOOR` are left out. `count` is the
    number of matches returned.

    Raises:
        ExternalServiceException, CircuitOpenException: the embedder cannot be asked.
    """
    embedder = get_embedder()
    vector = embed_query(organization_id=candidates.organization_id, embedder=embedder, query=query)
    neighbours = find_nearest(
        table=CHUNKS,
        candidates=candidates,
        model=embedder.model,
        vector=vector,
        limit=limit * _PASSAGES_PER_ENTITY,
    )
    best: dict[UUID, Match] = {}
    for near in neighbours:
        if near.similarity < settings.SEMANTIC_FLOOR or len(best) == limit:
            break
        best.setdefault(
            near.entity_id,
            Match(near.feature_type, near.entity_id, near.node, near.similarity, near.key),
        )
    return Ranking(len(best), list(best.values()))
