"""Messages waiting in each Celery queue."""

from collections.abc import Iterator

import structlog
from django.conf import settings
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from config.broker import broker_client

logger = structlog.get_logger(__name__)


def queue_depths() -> dict[str, int]:
    """Return how many messages wait in each queue, without those a worker holds already.

    Raises:
        RedisError: the broker does not answer within a second.
    """
    names = list(settings.CELERY_TASK_QUEUES)
    with broker_client() as client, client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.llen(name)
        return dict(zip(names, pipe.execute(), strict=True))


class QueueCollector(Collector):
    """Asks the broker at scrape time; a broker that is down is told as `nodeloom_broker_up 0`."""

    def collect(self) -> Iterator[Metric]:
        """Yield whether the broker answers and the depth of each queue."""
        try:
            depths = queue_depths()
        except RedisError as error:
            logger.warning("broker_unreadable", error=str(error))
            yield GaugeMetricFamily("nodeloom_broker_up", "Whether the broker answers.", value=0)
            return
        yield GaugeMetricFamily("nodeloom_broker_up", "Whether the broker answers.", value=1)
        family = GaugeMetricFamily(
            "nodeloom_queue_depth", "Messages waiting in a queue.", labels=["queue"]
        )
        for name, depth in depths.items():
            family.add_metric([name], depth)
        yield family
