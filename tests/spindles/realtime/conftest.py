"""A live process, as the streams of the graph have it."""

from tests.node_links.realtime.conftest import live

__all__ = ["live"]
