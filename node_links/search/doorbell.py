"""Waking the embedding task: once for many writes."""

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config import valkey

# By name: tasks stand above what they call.
EMBEDDING_RUN = "node_links.tasks.search.embed_backlog"
_KEY = "nodeloom:doorbell:index"
_SAFETY_SECONDS = 30

broker_outage = valkey.Outage()
"""What this process knows of the broker being away: while it is paused nobody tries to ring."""


def ring() -> None:
    """Ask for an embedding run, unless one is asked for already.

    The run starts after a pause, so that a burst of writes makes one. A doorbell that cannot be
    rung is no error: the row in the backlog is the truth, and the sweep rings again. Neither may it
    cost anything: after a failure nobody tries for a while.
    """
    pause = settings.INDEX_DEBOUNCE_SECONDS
    lifetime = round((pause + _SAFETY_SECONDS) * 1000)
    if broker_outage.paused or not valkey.ask(
        lambda client: bool(client.set(_KEY, 1, nx=True, px=lifetime)), otherwise=False
    ):
        return
    try:
        current_app.send_task(EMBEDDING_RUN, countdown=pause, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        # However the broker failed: whoever comes next shall not wait for it.
        broker_outage.note(ConnectionError(f"The broker cannot be reached: {error}"))
        answer()


def answer() -> None:
    """Let the next write ring again: the run that begins now will not see it for certain."""
    valkey.ask(lambda client: client.delete(_KEY), otherwise=0)
