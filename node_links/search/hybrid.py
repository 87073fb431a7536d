"""Searching: by words, by meaning, or by both, fused."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from django.db.models import QuerySet

from accounts.actors import Actor
from config.exceptions import (
    CircuitOpenException,
    ExternalServiceException,
    ValidationFailed,
)
from node_links.search.candidates import Candidates
from node_links.search.fulltext import Match, Ranking, query_lexemes, rank_by_words
from node_links.search.fusion import fuse_by_rank
from node_links.search.highlighting import find_excerpts
from node_links.search.semantic import rank_by_meaning

CANDIDATES = 100
"""How many entities each side of a hybrid search contributes, and how many a semantic one finds."""

LONGEST_QUERY = 1000

log = structlog.get_logger(__name__)


class Mode(StrEnum):
    """How a query is understood."""

    TEXT = "text"
    SEMANTIC = "semantic"
    HYBRID = "hybrid"


@dataclass(frozen=True, slots=True)
class SearchHit:
    """An entity that was found, and the passage of it that says why.

    `node_id` is the id of its best node in `node_metadata`. `text_rank` and `semantic_rank` are its
    places, from 1, on either side; None where that side did not find it. Its place among the hits
    is what counts: scores of different modes cannot be compared. `passage` is HTML, escaped but for
    `<mark>`.
    """

    feature_type: str
    entity_id: UUID
    node_id: UUID
    score: float
    text_rank: int | None
    semantic_rank: int | None
    heading: str
    anchor: str
    passage: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of hits, best first.

    `count` is exact in text mode; otherwise the number of candidates, at most `CANDIDATES` by
    meaning and twice that fused. `entity_ids` are all candidates, best first, whatever the page;
    in text mode the first `CANDIDATES`. `degraded` says that the embedder could not be asked and a
    hybrid search went by words alone.
    """

    count: int
    hits: list[SearchHit]
    mode: Mode
    degraded: bool = False
    entity_ids: list[UUID] = field(default_factory=list)


def search(
    *,
    actor: Actor,
    query: str,
    mode: str = Mode.HYBRID,
    feature_types: Iterable[str] | None = None,
    entities: "QuerySet[Any] | Iterable[UUID] | None" = None,
    limit: int = 20,
    offset: int = 0,
) -> SearchPage:
    """Find entities of the actor's organisation; a blank query finds none.

    Args:
        mode: `text`, `semantic` or `hybrid`.
        feature_types: only these features; None for all.
        entities: only these entities, as a queryset of them or as ids; None for all.

    Raises:
        ValidationFailed: unknown mode, query too long, limit or offset out of range.
        ExternalServiceException, CircuitOpenException: semantic mode, and the embedder is down.
    """
    chosen = _checked(mode, query, limit, offset)
    candidates = Candidates.of(actor, feature_types, entities)
    query = " ".join(query.replace("\0", " ").encode("utf-8", "replace").decode().split())
    if not query:
        return SearchPage(0, [], chosen)
    if chosen is Mode.TEXT:
        return _by_words(candidates, query, chosen, limit, offset)
    try:
        meaning = rank_by_meaning(candidates=candidates, query=query, limit=CANDIDATES)
    except (ExternalServiceException, CircuitOpenException) as error:
        if chosen is Mode.SEMANTIC:
            raise
        log.warning("search_degraded", error=error.code, service=error.service)
        return _by_words(candidates, query, chosen, limit, offset, degraded=True)
    words = Ranking(0, [])
    if chosen is Mode.HYBRID:
        lexemes = query_lexemes(query)
        words = rank_by_words(candidates=candidates, lexemes=lexemes, limit=CANDIDATES)
    return _fused(words, meaning, query, chosen, limit, offset)


def _checked(mode: str, query: str, limit: int, offset: int) -> Mode:
    if mode not in list(Mode):
        raise ValidationFailed.of("?mode", "invalid_choice", "text, semantic or hybrid.")
    if len(query) > LONGEST_QUERY:
        raise ValidationFailed.of(
            "?q", "max_length", f"A query has at most {LONGEST_QUERY} characters."
        )
    if not 1 <= limit <= CANDIDATES or offset < 0:
        raise ValidationFailed.of(
            "?page_size", "out_of_range", f"A page has 1 to {CANDIDATES} hits."
        )
    return Mode(mode)


def _by_words(
    candidates: Candidates,
    query: str,
    mode: Mode,
    limit: int,
    offset: int,
    *,
    degraded: bool = False,
) -> SearchPage:
    lexemes = query_lexemes(query)
    ranking = rank_by_words(candidates=candidates, lexemes=lexemes, limit=CANDIDATES)
    found = [match.entity_id for match in ranking.matches]
    shown = ranking.matches[offset : offset + limit]
    if offset + limit > CANDIDATES and offset < ranking.count:
        page = rank_by_words(candidates=candidates, lexemes=lexemes, limit=limit, offset=offset)
        shown = page.matches
    ranks = {match.entity_id: offset + n for n, match in enumerate(shown, start=1)}
    hits = _hits([(match, match.score) for match in shown], query, ranks, {})
    return SearchPage(ranking.count, hits, mode, degraded, entity_ids=found)


def _fused(
    words: Ranking, meaning: Ranking, query: str, mode: Mode, limit: int, offset: int
) -> SearchPage:
    text_ranks = {match.entity_id: n for n, match in enumerate(words.matches, start=1)}
    semantic_ranks = {match.entity_id: n for n, match in enumerate(meaning.matches, start=1)}
    # A match by words leaves its passage to the words, which can be marked in it.
    matches = {match.entity_id: match for match in [*meaning.matches, *words.matches]}
    if mode is Mode.SEMANTIC:
        scores = {match.entity_id: match.score for match in meaning.matches}
    else:
        scores = fuse_by_rank(list(text_ranks), list(semantic_ranks))
    shown = list(scores.items())[offset : offset + limit]
    scored = [(matches[entity_id], score) for entity_id, score in shown]
    hits = _hits(scored, query, text_ranks, semantic_ranks)
    return SearchPage(len(scores), hits, mode, entity_ids=list(scores))


def _hits(
    scored: list[tuple[Match, float]],
    query: str,
    text_ranks: dict[UUID, int],
    semantic_ranks: dict[UUID, int],
) -> list[SearchHit]:
    places = [(match.node, match.chunk) for match, _ in scored]
    excerpts = find_excerpts(query=query, places=places)
    return [
        SearchHit(
            feature_type=match.feature_type,
            entity_id=match.entity_id,
            node_id=match.node,
            score=score,
            text_rank=text_ranks.get(match.entity_id),
            semantic_rank=semantic_ranks.get(match.entity_id),
            heading=excerpt.heading,
            anchor=excerpt.anchor,
            passage=excerpt.passage,
        )
        for (match, score), excerpt in zip(scored, excerpts, strict=True)
    ]
