"""Background work of the graph."""

from celery import shared_task


@shared_task
def embed_backlog() -> int:
    """Embed what waits; return how many nodes were done."""
    from node_links.search import backlog, doorbell

    doorbell.answer()
    return backlog.drain()


@shared_task
def sweep_index() -> int:
    """Embed what nobody rang for and what another embedder made; return how many were done."""
    from node_links.search import backlog

    backlog.mark_outdated()
    return backlog.drain()
