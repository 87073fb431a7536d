"""Hits and misses, counted per pattern: the entity named in the key."""

from prometheus_client import Counter

lookups = Counter(
    "nodeloom_cache_lookups_total", "Cache look-ups by pattern and result.", ["pattern", "result"]
)


def count(pattern: str, *, hit: bool) -> None:
    """Count one look-up."""
    lookups.labels(pattern, "hit" if hit else "miss").inc()
