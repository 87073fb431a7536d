"""The graph, its events and its index, for operators."""

from node_links.admin import audit_logs, backlog, events, link_types, links, nodes, overview

__all__ = ["audit_logs", "backlog", "events", "link_types", "links", "nodes", "overview"]
