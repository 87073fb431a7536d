"""Background work of the graph."""

from celery import shared_task


@shared_task
def embed_backlog() -> int:
    """Embed what waits; return how many nodes were done."""
    from node_links.search.backlog import drain

    return drain()
