"""Addresses of the graph below `/api/v1/`."""

from config.api.routers import Router
from node_links.api.webhooks.views import WebhookViewSet

router = Router()
router.register("webhooks", WebhookViewSet, basename="webhooks")

urlpatterns = router.urls
