"""The database pool of this process: how full it is, who waits, what failed."""

import time
from dataclasses import asdict, dataclass

from django.db import connections
from prometheus_client import Gauge
from psycopg_pool import ConnectionPool

PUBLISH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class PoolHealth:
    """Connections open, lent and free; requests waiting; requests and connections that failed."""

    size: int
    in_use: int
    idle: int
    waiting: int
    errors: int


# Sums over the living processes where several share a metrics folder.
GAUGES = {
    name: Gauge(f"nodeloom_db_pool_{name}", text, multiprocess_mode="livesum")
    for name, text in {
        "size": "Connections held by the pool.",
        "in_use": "Connections lent out.",
        "idle": "Connections ready to be lent.",
        "waiting": "Requests waiting for a connection.",
        "errors": "Requests refused and connections failed since the start.",
    }.items()
}

_published_at = -PUBLISH_SECONDS


def pool_health() -> PoolHealth | None:
    """Return the state of this process's pool; None where it has none (workers, commands)."""
    pool = getattr(connections["default"], "pool", None)
    if not isinstance(pool, ConnectionPool):
        return None
    stats = pool.get_stats()
    size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
    return PoolHealth(
        size=size,
        in_use=size - idle,
        idle=idle,
        waiting=stats.get("requests_waiting", 0),
        errors=stats.get("requests_errors", 0) + stats.get("connections_errors", 0),
    )


def publish_pool() -> None:
    """Write the pool's state into its gauges, at most once a second."""
    global _published_at
    now = time.monotonic()
    if now - _published_at < PUBLISH_SECONDS:
        return
    _published_at = now
    health = pool_health()
    if health is not None:
        for name, value in asdict(health).items():
            GAUGES[name].set(value)
