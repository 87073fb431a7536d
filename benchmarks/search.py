"""Searching many SOPs: by words, by meaning, by both; one caller and several."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.corpus import write_sops
from benchmarks.figures import Figure, milliseconds, percentile
from benchmarks.plan import Plan
from benchmarks.stack import Stack
from benchmarks.texts import make_query

LENGTH = 3_000
CALLERS = 8
MODES = ("text", "semantic", "hybrid")


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield p50 and p95 of each mode, through the service that the API calls."""
    from node_links.search.backlog import drain

    started = time.perf_counter()
    write_sops(stack, plan.corpus, LENGTH, random.Random(23))
    written = time.perf_counter()
    drain()
    embedded = time.perf_counter()
    with stack.database() as connection:
        connection.execute("VACUUM ANALYZE")
    yield Figure(
        f"building the index of {plan.corpus} SOPs",
        f"text {written - started:.0f} s, vectors {embedded - written:.0f} s",
    )
    rng = random.Random(29)
    queries = [make_query(rng) for _ in range(plan.queries)]
    for mode in MODES:
        for callers in (1, CALLERS):
            yield _latency(stack, mode, queries, callers, plan.corpus)


def _latency(stack: Stack, mode: str, queries: list[str], callers: int, corpus: int) -> Figure:
    from django.db import connection

    from accounts.tenancy import scope
    from node_links.search.hybrid import search

    def ask(query: str) -> float:
        started = time.perf_counter()
        with scope(stack.actor):
            search(actor=stack.actor, query=query, mode=mode)
        seconds = time.perf_counter() - started
        connection.close()  # back to the pool, as at the end of a request
        return seconds

    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(ask, queries[: 4 * callers]))
        seconds = list(pool.map(ask, queries))
    p50, p95 = percentile(seconds, 0.5), percentile(seconds, 0.95)
    return Figure(
        f"search {mode}, {corpus} SOPs, {callers} at once",
        f"p50 {milliseconds(p50)}, p95 {milliseconds(p95)}",
    )
