"""The graph's tables. `base` holds what features inherit; the rest are the graph's own."""

from node_links.models.audit import AuditLog
from node_links.models.base import (
    CANVAS_FIELDS,
    CanvasEntity,
    NodeEntity,
    VersionSnapshot,
    document_of,
)
from node_links.models.deliveries import DeadLetter, EventDelivery
from node_links.models.drifts import LinkDrift
from node_links.models.event_types import CustomEventType, DedupKey
from node_links.models.events import EventSequence, NodeEvent
from node_links.models.exports import Export
from node_links.models.links import NodeLink, NodeLinkType
from node_links.models.nodes import NodeMetadata
from node_links.models.notifications import Notification, NotificationPreference
from node_links.models.replays import EventReplay
from node_links.models.sagas import Saga, SagaStep
from node_links.models.search import DirtyNode, NodeChunk, NodePosting
from node_links.models.strengths import LinkStrengthCalculation
from node_links.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "AuditLog",
    "CanvasEntity",
    "CustomEventType",
    "DedupKey",
    "DeadLetter",
    "DirtyNode",
    "EventDelivery",
    "EventReplay",
    "EventSequence",
    "Export",
    "LinkDrift",
    "LinkStrengthCalculation",
    "NodeChunk",
    "NodeEntity",
    "NodeEvent",
    "NodeLink",
    "NodeLinkType",
    "NodeMetadata",
    "NodePosting",
    "Saga",
    "SagaStep",
    "Notification",
    "NotificationPreference",
    "VersionSnapshot",
    "Webhook",
    "WebhookDelivery",
    "CANVAS_FIELDS",
    "document_of",
]
