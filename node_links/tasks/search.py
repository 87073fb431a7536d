"""Keeping the search index up to date."""

from celery import shared_task


@shared_task
def embed_backlog() -> int:
    """Embed what waits; return how many nodes were done."""
    from node_links.search import backlog, doorbell

    doorbell.answer()
    return backlog.drain()


@shared_task
def sweep_index() -> int:
    """Embed what nobody rang for and what another embedder made; tidy the vector index.

    Returns how many nodes were embedded.
    """
    from node_links.search import backlog, vector_index

    backlog.mark_outdated()
    done = backlog.drain()
    vector_index.index_vectors()
    return done
