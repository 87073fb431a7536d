"""Background work of accounts."""

from celery import shared_task


@shared_task
def purge_expired() -> int:
    """Forget what has run out; return how many kept answers were forgotten."""
    from accounts import maintenance

    return maintenance.purge_expired()
