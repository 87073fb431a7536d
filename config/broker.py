"""A plain client of Celery's broker, for looking at queues and for the workers' heartbeats."""

from django.conf import settings
from redis import Redis

TIMEOUT_SECONDS = 1.0


def broker_address(url: str) -> str:
    """Return the broker's URL as the redis client spells it.

    Celery writes a Unix socket as `redis+socket:///path?virtual_host=1`, the client as
    `unix:///path?db=1`.
    """
    if url.startswith("redis+socket://"):
        return url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=", 1)
    return url


def broker_client(timeout: float = TIMEOUT_SECONDS) -> "Redis":
    """Return a client that gives up after `timeout` seconds instead of waiting for a dead broker.

    Use it as a context manager: its connection is closed with it.
    """
    return Redis.from_url(
        broker_address(settings.CELERY_BROKER_URL),
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        decode_responses=True,
        # The client would try again by itself and multiply the wait.
        retry=None,
    )
