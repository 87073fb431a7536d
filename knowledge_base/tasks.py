"""Background work of the knowledge base."""

from celery import shared_task


@shared_task
def announce_due_reviews() -> int:
    """Tell of the reviews that are due today or were missed; return how many."""
    from knowledge_base.services import reviews

    return reviews.announce_due_reviews()
