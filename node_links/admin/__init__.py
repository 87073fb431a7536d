"""The graph, its events and its index, for operators."""

from node_links.admin import (
    backlog,
    deliveries,
    events,
    link_types,
    links,
    nodes,
    overview,
    sagas,
)

__all__ = [
    "backlog",
    "deliveries",
    "events",
    "link_types",
    "links",
    "nodes",
    "overview",
    "sagas",
]
