"""What is done at night."""

from celery import shared_task


@shared_task
def purge_models() -> int:
    """Remove for good the deleted models whose retention is over; return how many."""
    from function_models.services.deleting import purge_models as purge

    return purge()
