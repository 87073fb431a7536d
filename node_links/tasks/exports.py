"""Writing exports, taking up those that nobody came to, removing those whose time is over."""

from uuid import UUID

from celery import shared_task


@shared_task
def run_export(export_id: str) -> bool:
    """Write one export; False where it is written, or somebody else is at it."""
    from node_links.services import exports

    return exports.run_export(UUID(export_id))


@shared_task
def sweep_exports() -> int:
    """Ask again for the exports that nobody came to; return how many."""
    from node_links.services import exports

    return exports.resume_exports()


@shared_task
def purge_exports() -> int:
    """Remove the exports whose time is over; return how many."""
    from node_links.services import exports

    return exports.purge_exports()
