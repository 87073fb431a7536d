"""What triggers do by the clock."""

from celery import shared_task


@shared_task
def fire_due_schedules() -> int:
    """Start what is due by schedules; return how many planned times were dealt with."""
    from spindles.services.triggers.scheduling import fire_due_schedules as fire

    return fire()


@shared_task
def purge_firings() -> int:
    """Forget firings of long ago; return how many."""
    from spindles.services.triggers.firings import purge_firings as purge

    return purge()
