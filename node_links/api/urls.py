"""Addresses of the graph below `/api/v1/`."""

from django.urls import path

from config.api.routers import Router
from node_links.api.audit_logs import AuditLogViewSet
from node_links.api.dead_letters import DeadLetterViewSet
from node_links.api.event_replay import EventReplayStatusView, EventReplayView
from node_links.api.events import EventTypeViewSet, EventViewSet
from node_links.api.exports import ExportViewSet
from node_links.api.graph.views import GraphViewSet
from node_links.api.graph_picture import NeighbourhoodPictureView
from node_links.api.link_drift import LinkDriftViewSet
from node_links.api.link_strength import LinkStrengthViewSet
from node_links.api.links.kinds import LinkTypeViewSet
from node_links.api.links.views import LinkViewSet
from node_links.api.nodes.urls import urlpatterns as node_urls
from node_links.api.notifications import NotificationViewSet
from node_links.api.streams import EventStreamView, NotificationStreamView
from node_links.api.webhooks.views import WebhookViewSet

router = Router()
# The catalogue stands first: its address would name an event otherwise.
router.register("events/types", EventTypeViewSet, basename="event-types")
router.register("events", EventViewSet, basename="events")
router.register("graph", GraphViewSet, basename="graph")
router.register("audit-logs", AuditLogViewSet, basename="audit-logs")
router.register("dead-letters", DeadLetterViewSet, basename="dead-letters")
router.register("exports", ExportViewSet, basename="exports")
router.register("link-types", LinkTypeViewSet, basename="link-types")
router.register("links", LinkViewSet, basename="links")
router.register("notifications", NotificationViewSet, basename="notifications")
router.register("webhooks", WebhookViewSet, basename="webhooks")

urlpatterns = [
    # Before the router's own addresses, which would take them for an id.
    path("events/replay/", EventReplayView.as_view(), name="events-replay"),
    path(
        "events/replay/<uuid:replay_id>/",
        EventReplayStatusView.as_view(),
        name="events-replay-status",
    ),
    path("events/stream/", EventStreamView.as_view(), name="event-stream"),
    path("notifications/stream/", NotificationStreamView.as_view(), name="notification-stream"),
    *node_urls,
    path("graph/subgraph.svg", NeighbourhoodPictureView.as_view(), name="graph-picture"),
    path("graph/drift/", LinkDriftViewSet.as_view({"get": "list"}), name="graph-drift"),
    path(
        "links/<uuid:link_id>/strength/",
        LinkStrengthViewSet.as_view({"get": "list", "post": "create"}),
        name="link-strength",
    ),
    *router.urls,
]
