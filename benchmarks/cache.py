"""The cache's hit ratio where few things are read often and one operation in twenty writes."""

import http.client
import itertools
import random
import re
from collections.abc import Iterator
from uuid import UUID

from benchmarks.figures import Figure
from benchmarks.load import HOST, drive, request
from benchmarks.plan import Plan
from benchmarks.stack import Stack, web

ENTITIES = 1_000
CONNECTIONS = 8
LENGTH = 2_000
_LOOKUPS = re.compile(
    r'nodeloom_cache_lookups_total\{pattern="knowledge-base",result="(hit|miss)"\} ([0-9.e+]+)'
)
WRITES = 0.05
EXPONENT = 1.0


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield the hit ratios of the cache service and of entities read over HTTP."""
    yield _of_the_service(stack, plan)
    yield _over_http(stack, plan)


def _over_http(stack: Stack, plan: Plan) -> Figure:
    """Return the ratio of GETs of one entity that did not read its body from the database."""
    ids = stack.make_sops(plan.sops, LENGTH)
    with web(stack) as port:
        requests = _mixed(ids, stack.token())
        drive(port, requests, connections=CONNECTIONS, seconds=plan.seconds * plan.rounds)
        hits, misses = _lookups(port)
    ratio = hits / (hits + misses)
    return Figure(
        f"cache hits of GETs over HTTP, Zipf over {len(ids)} entities, 5 % writes",
        f"{ratio:.0%} of {hits + misses:.0f}",
        ratio=ratio,
        target="> 0.8",
        met=ratio > 0.8,
    )


def _mixed(ids: list[UUID], token: str) -> Iterator[bytes]:
    rng = random.Random(5)
    weights = [1 / rank**EXPONENT for rank in range(1, len(ids) + 1)]
    for number in itertools.count():
        (pk,) = rng.choices(ids, weights)
        path = f"/api/v1/sops/{pk}/"
        if rng.random() < WRITES:
            yield request("PATCH", path, token=token, body={"metadata": {"seen": number}})
        else:
            yield request("GET", path, token=token)


def _lookups(port: int) -> tuple[float, float]:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    found = {name: float(value) for name, value in _LOOKUPS.findall(text)}
    return found.get("hit", 0.0), found.get("miss", 0.0)


def _of_the_service(stack: Stack, plan: Plan) -> Figure:
    """Return the ratio of `get_or_set` calls that did not have to compute."""
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
    return Figure(
        "cache hits, Zipf reads, 5 % writes",
        f"{ratio:.0%}",
        ratio=ratio,
        target="> 0.8",
        met=ratio > 0.8,
    )
