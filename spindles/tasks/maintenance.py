"""What the night does for runs."""

from celery import shared_task


@shared_task
def purge_executions() -> int:
    """Remove finished runs whose time is over; return how many. Nothing while they are kept."""
    from spindles.services.retention import keep_runs_from, purge_runs

    before = keep_runs_from()
    return purge_runs(before=before).runs if before is not None else 0
