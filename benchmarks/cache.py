"""The cache's hit ratio where few things are read often and one operation in twenty writes."""

import random
from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.plan import Plan
from benchmarks.stack import Stack

ENTITIES = 1_000
WRITES = 0.05
EXPONENT = 1.0


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield the ratio of `get_or_set` calls that did not have to compute."""
    from config.cache import cache, key

    rng = random.Random(5)
    weights = [1 / rank**EXPONENT for rank in range(1, ENTITIES + 1)]
    organization = str(stack.actor.organization_id)
    reads = computed = 0

    def load() -> dict[str, str]:
        nonlocal computed
        computed += 1
        return {"title": "Restart the mail server"}

    for number in rng.choices(range(ENTITIES), weights, k=plan.cache_operations):
        name = key(organization, "sop", str(number))
        if rng.random() < WRITES:
            cache.delete(name)
        else:
            reads += 1
            cache.get_or_set(name, load)
    ratio = 1 - computed / reads
    yield Figure(
        "cache hits, Zipf reads, 5 % writes",
        f"{ratio:.0%}",
        ratio=ratio,
        target="> 0.8",
        met=ratio > 0.8,
    )
