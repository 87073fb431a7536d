"""Waking the workers for heavy subscribers: one message for many events."""

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config import valkey

# By name: tasks stand above what they call.
HEAVY_RUN = "node_links.tasks.events.deliver_heavy"
_KEY = "nodeloom:doorbell:events:{}"
_SAFETY_SECONDS = 30

broker_outage = valkey.Outage()
"""What this process knows of the broker being away: while it is paused nobody tries to ring."""


def ring(subscriber: str, in_seconds: float = 0) -> None:
    """Ask for a delivery to the heavy `subscriber`, unless one is asked for already.

    What is asked for later (`in_seconds`, for another try) keeps nobody from ringing for now. A
    doorbell that cannot be rung is no error: the deliveries are due, and the sweep finds them.
    """
    key = _KEY.format(subscriber if in_seconds == 0 else f"{subscriber}:later")
    lifetime = round((in_seconds or _SAFETY_SECONDS) * 1000)
    if broker_outage.paused or not valkey.ask(
        lambda client: bool(client.set(key, 1, nx=True, px=lifetime)), otherwise=True
    ):
        return
    try:
        current_app.send_task(HEAVY_RUN, args=[subscriber], countdown=in_seconds or None,
                              retry=False)  # fmt: skip
    except (OperationalError, RedisError, OSError) as error:
        # However the broker failed: whoever comes next shall not wait for it.
        broker_outage.note(ConnectionError(f"The broker cannot be reached: {error}"))
        answer(subscriber)


def answer(subscriber: str) -> None:
    """Let the next event ring again: the run that begins now will not see it for certain."""
    valkey.ask(lambda client: client.delete(_KEY.format(subscriber)), otherwise=0)
