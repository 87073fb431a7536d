"""The graph's tables. `base` holds what features inherit; the rest are the graph's own."""

from node_links.models.base import CanvasEntity, NodeEntity, VersionSnapshot
from node_links.models.events import EventSequence, NodeEvent
from node_links.models.links import NodeLink, NodeLinkType
from node_links.models.nodes import NodeMetadata
from node_links.models.notifications import Notification, NotificationPreference
from node_links.models.search import DirtyNode, NodeChunk, NodePosting

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
    "Notification",
    "NotificationPreference",
    "VersionSnapshot",
]
