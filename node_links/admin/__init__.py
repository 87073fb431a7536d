"""The graph, its events and its index, for operators."""

from node_links.admin import (
    audit_logs,
    backlog,
    deliveries,
    events,
    exports,
    link_types,
    links,
    nodes,
    notifications,
    overview,
    replays,
    sagas,
    webhooks,
)

__all__ = [
    "audit_logs",
    "backlog",
    "deliveries",
    "events",
    "exports",
    "link_types",
    "links",
    "nodes",
    "notifications",
    "overview",
    "replays",
    "sagas",
    "webhooks",
]
