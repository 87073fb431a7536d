"""Sending messages to webhooks."""

from celery import shared_task


@shared_task
def send_webhooks() -> int:
    """Send what is due; return how many tries were made."""
    from node_links.webhooks.doorbell import sending
    from node_links.webhooks.sending import send_due

    sending.answer()
    return send_due()
