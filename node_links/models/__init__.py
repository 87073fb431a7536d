"""The graph's tables. `base` holds what features inherit; the rest are the graph's own."""

from node_links.models.base import CanvasEntity, NodeEntity, VersionSnapshot
from node_links.models.events import EventSequence, NodeEvent
from node_links.models.links import NodeLink, NodeLinkType
from node_links.models.nodes import NodeMetadata
from node_links.models.search import DirtyNode, NodeChunk, NodePosting
from node_links.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "CanvasEntity",
    "DirtyNode",
    "EventSequence",
    "NodeChunk",
    "NodeEntity",
    "NodeEvent",
    "NodeLink",
    "NodeLinkType",
    "NodeMetadata",
    "NodePosting",
    "VersionSnapshot",
    "Webhook",
    "WebhookDelivery",
]
