"""Running sagas, and taking up those whose runner died."""

from uuid import UUID

from celery import shared_task


@shared_task
def run_saga(saga_id: str) -> str | None:
    """Run one saga to its end and return how it ended; None where somebody else runs it."""
    from node_links.sagas.running import run_saga as run

    outcome = run(UUID(saga_id))
    return outcome.saga.status if outcome else None


@shared_task
def sweep_sagas() -> int:
    """Take up the sagas that nobody runs any more; return how many came to an end."""
    from node_links.sagas.resuming import resume_sagas

    return resume_sagas()


@shared_task
def purge_sagas() -> int:
    """Forget sagas that came to a good end long ago; return how many."""
    from node_links.sagas.purging import purge_sagas as purge

    return purge()
