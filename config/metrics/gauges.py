"""Gauges of the apps, asked when somebody looks: a backlog, a count of rows."""

from collections.abc import Callable, Iterator

import structlog
from django.db import DatabaseError, InterfaceError
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

_gauges: dict[str, tuple[str, Callable[[], float]]] = {}


def register_gauge(name: str, help: str, read: Callable[[], float]) -> None:
    """Show what `read` returns as the gauge `nodeloom_<name>` on `/metrics` and in `doctor`.

    `read` runs at each scrape, outside any organisation's context, and should take milliseconds.
    Where PostgreSQL or Valkey does not answer it, the gauge is left out of that scrape.

    Raises:
        ValueError: the name is taken by another reader.
    """
    held = _gauges.get(name)
    if held is not None and held[1] is not read:
        raise ValueError(f"A gauge named {name} is registered already.")
    _gauges[name] = (help, read)


def gauge_values() -> dict[str, float]:
    """Return the present value of every gauge that could be read."""
    return {name: value for name, _help, value in _readings()}


def _readings() -> Iterator[tuple[str, str, float]]:
    for name, (text, read) in _gauges.items():
        try:
            yield name, text, float(read())
        except (DatabaseError, InterfaceError, RedisError, OSError) as error:
            logger.warning("gauge_unreadable", gauge=name, error=str(error).strip())


class GaugeCollector(Collector):
    """Reads the registered gauges at scrape time."""

    def collect(self) -> Iterator[Metric]:
        """Yield one family per gauge."""
        for name, text, value in _readings():
            yield GaugeMetricFamily(f"nodeloom_{name}", text, value=value)
