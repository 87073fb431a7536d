"""Addresses of the graph below `/api/v1/`."""

from config.api.routers import Router
from node_links.api.events import EventTypeViewSet, EventViewSet

router = Router()
# The catalogue stands first: its address would name an event otherwise.
router.register("events/types", EventTypeViewSet, basename="event-types")
router.register("events", EventViewSet, basename="events")

urlpatterns = router.urls
