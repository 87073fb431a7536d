"""Addresses of the graph below `/api/v1/`."""

from django.urls import path

from config.api.routers import Router
from node_links.api.streams import EventStreamView, NotificationStreamView

router = Router()

urlpatterns = [
    # Before the router: `stream` is no id.
    path("events/stream/", EventStreamView.as_view(), name="event-stream"),
    path("notifications/stream/", NotificationStreamView.as_view(), name="notification-stream"),
    *router.urls,
]
