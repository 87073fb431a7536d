"""Waking the embedding task: once for many writes."""

from django.conf import settings

from config.doorbells import Doorbell

# By name: tasks stand above what they call.
EMBEDDING_RUN = "node_links.tasks.search.embed_backlog"
_bell = Doorbell("index", EMBEDDING_RUN)


def ring() -> None:
    """Ask for an embedding run, unless one is asked for already.

    The run starts after a pause, so that a burst of writes makes one.
    """
    _bell.ring(settings.INDEX_DEBOUNCE_SECONDS)


def answer() -> None:
    """Let the next write ring again: the run that begins now will not see it for certain."""
    _bell.answer()
