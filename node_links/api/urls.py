"""Addresses of the graph below `/api/v1/`."""

from config.api.routers import Router
from node_links.api.notifications import NotificationViewSet

router = Router()
router.register("notifications", NotificationViewSet, basename="notifications")

urlpatterns = router.urls
