"""Addresses of the knowledge base below `/api/v1/`."""

from config.api.routers import Router
from knowledge_base.api.views import SopViewSet

router = Router()
router.register("sops", SopViewSet, basename="sops")

urlpatterns = router.urls
