"""Joining rankings that cannot be compared by their scores."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

K = 60

T = TypeVar("T", bound=Hashable)


def fuse_by_rank(*rankings: Sequence[T], k: int = K) -> dict[T, float]:
    """Return the fused score of every item, the best first.

    Reciprocal rank fusion: an item's score is the sum over rankings of 1 / (k + its rank there,
    from 1) (Cormack, Clarke and Büttcher, SIGIR 2009). Equals keep the order of the first ranking
    that has them.
    """
    scores: dict[T, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (k + rank)
    return dict(sorted(scores.items(), key=lambda pair: -pair[1]))
