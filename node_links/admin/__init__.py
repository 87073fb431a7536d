"""The graph, its events and its index, for operators."""

from node_links.admin import (
    backlog,
    events,
    link_types,
    links,
    nodes,
    notifications,
    overview,
)

__all__ = ["backlog", "events", "link_types", "links", "nodes", "notifications", "overview"]
