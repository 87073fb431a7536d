"""Heartbeats of the Celery workers: a key per worker at the broker that expires by itself.

Readiness reads the keys instead of asking every worker for an answer. The beat runs on the timer of
the worker's main loop, so a worker whose loop hangs stops beating too.
"""

import time
from typing import Any

import structlog
from celery import Celery, bootsteps
from redis.exceptions import RedisError

from config.broker import broker_client

logger = structlog.get_logger(__name__)

BEAT_SECONDS = 15
STALE_SECONDS = 30
KEY_PREFIX = "nodeloom:worker:"


def beat(worker: str) -> None:
    """Say that `worker` (its Celery node name) is alive, for the next 30 seconds.

    A broker that does not answer is logged: the next beat comes in 15 seconds.
    """
    try:
        with broker_client() as client:
            client.set(f"{KEY_PREFIX}{worker}", f"{time.time():.3f}", ex=STALE_SECONDS)
    except RedisError as error:
        logger.warning("heartbeat_failed", worker=worker, error=str(error))


def forget(worker: str) -> None:
    """Take the heartbeat of a worker that stops in good order away at once."""
    try:
        with broker_client() as client:
            client.delete(f"{KEY_PREFIX}{worker}")
    except RedisError as error:
        logger.warning("heartbeat_not_removed", worker=worker, error=str(error))


def living_workers() -> dict[str, float]:
    """Return the age in seconds of the last heartbeat of each living worker, by its name.

    Raises:
        RedisError: the broker does not answer within a second.
    """
    with broker_client() as client:
        keys = sorted(client.scan_iter(f"{KEY_PREFIX}*", count=1000))
        beats = client.mget(keys) if keys else []
    now = time.time()
    return {
        key.removeprefix(KEY_PREFIX): max(0.0, round(now - float(at), 1))
        for key, at in zip(keys, beats, strict=True)
        if at is not None
    }


class Heartbeat(bootsteps.StartStopStep):
    """Part of a worker's start: beats at once, then every 15 seconds until the worker stops."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.entry: Any = None

    def start(self, parent: Any) -> None:
        """Beat and keep beating."""
        beat(parent.hostname)
        self.entry = parent.timer.call_repeatedly(BEAT_SECONDS, beat, (parent.hostname,))

    def stop(self, parent: Any) -> None:
        """Stop beating; the worker is gone from readiness at once."""
        if self.entry is not None:
            self.entry.cancel()
        forget(parent.hostname)


def install_heartbeat(app: Celery) -> None:
    """Make every worker of `app` beat."""
    app.steps["worker"].add(Heartbeat)
