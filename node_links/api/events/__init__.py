"""The event store over REST."""

from node_links.api.events.types import EventTypeViewSet
from node_links.api.events.views import EventViewSet

__all__ = ["EventTypeViewSet", "EventViewSet"]
