"""Waking the embedding task: once for many writes."""

import structlog
from django.conf import settings
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

_KEY = "index:doorbell"


def ring() -> None:
    """Ask for an embedding run, unless one is asked for already.

    The run starts after a pause, so that a burst of writes makes one. A doorbell that cannot be
    rung is no error: the row in the backlog is the truth, and the sweep rings again.
    """
    from node_links.tasks import embed_backlog

    pause = settings.INDEX_DEBOUNCE_SECONDS
    try:
        if cache.add(_KEY, 1, timeout=max(1, int(pause) + 1)):
            embed_backlog.apply_async(countdown=pause)
    except (RedisError, OperationalError, OSError) as error:
        log.warning("index_doorbell_failed", error=type(error).__name__)
