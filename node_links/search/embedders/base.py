"""What an embedder is, and what all of them do alike."""

import math
from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class Embedder(Protocol):
    """Texts in, vectors out. Only vectors of the same `model` may be compared with each other."""

    model: str
    """Name stored beside each vector."""

    dimensions: int
    """Length of each vector."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector of unit length per text, in the same order. Batches inside.

        A text without any content gets `blank_vector`, as cosine is not defined for zero.

        Raises:
            ExternalServiceException: the service failed or answered nonsense.
            CircuitOpenException: it failed so often that it is left alone for now.
        """
        ...


def blank_vector(dimensions: int) -> list[float]:
    """Return the vector of a text that says nothing: all directions alike, unit length."""
    return [1 / math.sqrt(dimensions)] * dimensions


def clean(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, with lone surrogates and NULs replaced."""
    return text[:limit].replace("\0", " ").encode("utf-8", "replace").decode()


def batched(texts: Sequence[str], *, count: int, characters: int) -> Iterator[Sequence[str]]:
    """Cut `texts` into runs of at most `count` texts and `characters` characters.

    A text longer than `characters` makes a batch of its own.
    """
    start = size = 0
    for position, text in enumerate(texts):
        full = position - start >= count or size + len(text) > characters
        if full and position > start:
            yield texts[start:position]
            start, size = position, 0
        size += len(text)
    if start < len(texts):
        yield texts[start:]
