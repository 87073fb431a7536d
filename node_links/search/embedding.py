"""Asking the embedder for a batch, so that one bad text does not hold up the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from config.exceptions import ExternalServiceException, InfrastructureException
from node_links.search.embedders import Embedder

REFUSES_CONTENT = frozenset({400, 413, 422})
"""HTTP answers of an embedding service that speak of the texts, not of the service."""

Texts = Mapping[UUID, Sequence[tuple[UUID, str]]]
"""Node -> (passage, text to embed) for each of its passages."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Outcome:
    """What became of a batch: vectors by passage, errors by node, and whether all must wait."""

    vectors: dict[UUID, list[float]] = field(default_factory=dict)
    errors: dict[UUID, Exception] = field(default_factory=dict)
    outage: bool = False


def embed_texts(embedder: Embedder, texts: Texts) -> Outcome:
    """Embed all texts. Never raises: every error is told on the rows of its nodes.

    When the embedder is down, nothing more is asked. When it refuses the texts, the batch is halved
    until the node is found that is to blame.
    """
    outcome = Outcome()
    _embed(embedder, texts, outcome)
    return outcome


def _embed(embedder: Embedder, texts: Texts, outcome: Outcome) -> None:
    passages = [passage for of_node in texts.values() for passage in of_node]
    if not passages:
        return
    if outcome.outage:
        last = next(reversed(outcome.errors.values()))
        outcome.errors.update(dict.fromkeys(texts, last))
        return
    try:
        vectors = embedder.embed([text for _, text in passages])
        _check(vectors, count=len(passages), dimensions=embedder.dimensions)
    except Exception as error:
        # Whatever an embedder raises is written on the rows, so that no text can stop the others.
        log.warning("embedding_failed", nodes=len(texts), error=type(error).__name__, exc_info=True)
        outcome.outage = _is_outage(error)
        if outcome.outage or len(texts) == 1:
            outcome.errors.update(dict.fromkeys(texts, error))
            return
        nodes = list(texts)
        half = len(nodes) // 2
        for part in (nodes[:half], nodes[half:]):
            _embed(embedder, {node: texts[node] for node in part}, outcome)
        return
    outcome.vectors.update(zip((key for key, _ in passages), vectors, strict=True))


def _is_outage(error: Exception) -> bool:
    if isinstance(error, ExternalServiceException):
        return error.status not in REFUSES_CONTENT
    return isinstance(error, InfrastructureException)


def _check(vectors: list[list[float]], *, count: int, dimensions: int) -> None:
    """Refuse (`ValueError`) what PostgreSQL would refuse, and the whole batch with it."""
    import numpy as np

    found = np.asarray(vectors, dtype=np.float32)
    if found.shape != (count, dimensions) or not np.isfinite(found).all():
        raise ValueError(f"The embedder did not return {count} vectors of {dimensions} numbers.")
