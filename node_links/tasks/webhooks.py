"""Sending messages to webhooks."""

from celery import shared_task


@shared_task
def send_webhooks() -> int:
    """Send what is due; return how many tries were made."""
    from node_links.webhooks.doorbell import sending
    from node_links.webhooks.sending import send_due

    sending.answer()
    return send_due()


@shared_task
def purge_messages() -> int:
    """Forget messages that were finished long ago; return how many."""
    from node_links.webhooks.purging import purge_messages as purge

    return purge()
