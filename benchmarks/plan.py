"""How much is measured: enough to mean something, or just enough to see that it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes and times. `seconds` is one burst of requests; pairs of bursts make a round."""

    seconds: float = 2.0
    rounds: int = 5
    sops: int = 400
    corpus: int = 10_000
    queries: int = 200
    vectors: int = 100_000
    backlog: int = 2_000
    writes: int = 600
    cache_operations: int = 20_000
    entities: int = 100_000
    links: int = 1_000_000
    graph_questions: int = 100
    models: int = 200
    model_operations: int = 10_000


FULL = Plan()
QUICK = Plan(
    seconds=1.0,
    rounds=3,
    sops=100,
    corpus=1_000,
    queries=40,
    vectors=30_000,
    backlog=300,
    writes=150,
    cache_operations=5_000,
    entities=60_000,
    links=500_000,
    graph_questions=20,
    models=60,
    model_operations=2_000,
)
