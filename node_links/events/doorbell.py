"""Waking the workers for heavy subscribers: one message for many events."""

from config import valkey
from config.doorbells import broker_outage, send

# By name: tasks stand above what they call.
HEAVY_RUN = "node_links.tasks.events.deliver_heavy"
_KEY = "nodeloom:doorbell:events:{}"
_SAFETY_SECONDS = 30


def ring(subscriber: str, in_seconds: float = 0) -> None:
    """Ask for a delivery to the heavy `subscriber`, unless one is asked for already.

    What is asked for later (`in_seconds`, for another try) keeps nobody from ringing for now. A
    doorbell that cannot be rung is no error: the deliveries are due, and the sweep finds them.
    """
    key = _KEY.format(subscriber if in_seconds == 0 else f"{subscriber}:later")
    lifetime = round((in_seconds or _SAFETY_SECONDS) * 1000)
    asked = not broker_outage.paused and valkey.ask(
        lambda client: bool(client.set(key, 1, nx=True, px=lifetime)), otherwise=True
    )
    if asked and not send(HEAVY_RUN, subscriber, countdown=in_seconds or None):
        answer(subscriber)


def answer(subscriber: str) -> None:
    """Let the next event ring again: the run that begins now will not see it for certain."""
    valkey.ask(lambda client: client.delete(_KEY.format(subscriber)), otherwise=0)
