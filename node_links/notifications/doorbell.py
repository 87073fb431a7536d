"""Waking the task that sends the mails."""

from config.doorbells import send

# By name: tasks stand above what they call.
SEND_MAILS = "node_links.tasks.notifications.send_mails"


def ring(seconds: float = 0) -> None:
    """Ask for a run that sends what is due, `seconds` from now.

    A doorbell that cannot be rung is no error: the rows are the truth, and the sweep finds them.
    """
    send(SEND_MAILS, countdown=seconds)
