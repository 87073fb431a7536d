"""Waking the task that sends the mails."""

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from node_links.search.doorbell import broker_outage

# By name: tasks stand above what they call.
SEND_MAILS = "node_links.tasks.notifications.send_mails"


def ring(seconds: float = 0) -> None:
    """Ask for a run that sends what is due, `seconds` from now.

    A doorbell that cannot be rung is no error: the rows are the truth, and the sweep finds them.
    After a failure nobody tries for a while.
    """
    if broker_outage.paused:
        return
    try:
        current_app.send_task(SEND_MAILS, countdown=seconds, retry=False)
    except (OperationalError, RedisError, OSError) as error:
        # However the broker failed: whoever comes next shall not wait for it.
        broker_outage.note(ConnectionError(f"The broker cannot be reached: {error}"))
