"""Embeddings from any endpoint that speaks OpenAI's wire format (`POST {base}/embeddings`)."""

import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.conf import settings

from config import outbound
from config.exceptions import ExternalServiceException
from config.resilience import CircuitBreaker, Pace, call_with_retry
from node_links.search.embedders.base import batched, blank_vector, clean

SERVICE = "openai"
MAX_CHARACTERS = 24_000
"""About 8 000 tokens, the longest input of OpenAI's embedding models; the rest is cut off."""

BATCH_TEXTS = 128
BATCH_CHARACTERS = 200_000
TIMEOUT_SECONDS = 60.0


class OpenAIEmbedder:
    """Asks in batches, tries again what may pass, and leaves a failing service alone.

    A 429 is waited out as its `Retry-After` says. The base URL is the operator's own choice and may
    lie in a private network. The key is sent as a header and appears nowhere else.
    """

    def __init__(self) -> None:
        self.model: str = settings.EMBEDDING_MODEL
        self.dimensions: int = settings.EMBEDDING_DIMENSIONS
        self._endpoint = f"{settings.OPENAI_BASE_URL.rstrip('/')}/embeddings"
        self._key: str = settings.OPENAI_API_KEY
        self._breaker = CircuitBreaker(SERVICE, urlsplit(self._endpoint).netloc)
        self._pace = Pace(SERVICE, per_minute=settings.EMBEDDING_RATE)
        self._lock = threading.Lock()
        self._client: httpx2.Client | None = None

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one unit vector per text. Of a text the first 24 000 characters count."""
        cleaned = [clean(text, MAX_CHARACTERS).strip() for text in texts]
        # The service refuses empty input.
        told = [text for text in cleaned if text]
        vectors: list[list[float]] = []
        for batch in batched(told, count=BATCH_TEXTS, characters=BATCH_CHARACTERS):
            vectors.extend(self._ask(list(batch)))
        answered = iter(vectors)
        return [next(answered) if text else blank_vector(self.dimensions) for text in cleaned]

    def _ask(self, batch: list[str]) -> list[list[float]]:
        return call_with_retry(
            lambda: self._breaker.call(self._post, batch),
            service=SERVICE,
            endpoint=self._endpoint,
            jitter=0.1,
        )

    def _post(self, batch: list[str]) -> list[list[float]]:
        self._pace.wait()
        body: dict[str, Any] = {"model": self.model, "input": batch, "encoding_format": "float"}
        if self.model.startswith("text-embedding-3"):
            # Only this family can shorten its vectors; other servers refuse the field.
            body["dimensions"] = self.dimensions
        response = outbound.request(
            self._connected(),
            "POST",
            self._endpoint,
            service=SERVICE,
            json=body,
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
        )
        try:
            return unit_vectors(response.json(), count=len(batch), dimensions=self.dimensions)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ExternalServiceException(
                f"{SERVICE} sent an answer that cannot be used: {_reason(error)}",
                SERVICE,
                self._endpoint,
            ) from error

    def _connected(self) -> httpx2.Client:
        with self._lock:
            if self._client is None:
                self._client = outbound.create_client(
                    operator_urls=[self._endpoint], timeout=TIMEOUT_SECONDS
                )
            return self._client


def _reason(error: Exception) -> str:
    known = type(error) is ValueError
    return str(error) if known else "it is not a list of embeddings."


def unit_vectors(answer: Any, *, count: int, dimensions: int) -> list[list[float]]:
    """Read an embeddings answer: vectors of unit length, ordered by their `index`.

    Raises:
        ValueError: another number of vectors, an index twice or out of range, another length, or
            numbers that are not finite or all zero.
        TypeError, KeyError, AttributeError: another shape altogether.
    """
    import numpy as np

    rows = answer["data"]
    if not isinstance(rows, list) or len(rows) != count:
        raise ValueError(f"{count} vectors were asked for.")
    ordered = {row.get("index", position): row["embedding"] for position, row in enumerate(rows)}
    if set(ordered) != set(range(count)):
        raise ValueError("the indexes are not those of the texts.")
    vectors = []
    for index in range(count):
        vector = np.asarray(ordered[index], dtype=np.float64)
        if vector.shape != (dimensions,):
            raise ValueError(f"vectors of {dimensions} numbers were expected.")
        with np.errstate(over="ignore"):
            length = float(np.linalg.norm(vector))
        if not np.isfinite(vector).all() or not np.isfinite(length) or length == 0.0:
            raise ValueError("a vector has numbers that are not finite, or only zeros.")
        vectors.append((vector / length).tolist())
    return vectors
