"""Sending the e-mails of notices."""

from celery import shared_task


@shared_task
def send_mails() -> int:
    """Send what is due, rung for or found by the sweep; return how many letters have left."""
    from node_links.notifications import mailing

    return mailing.send_due()
