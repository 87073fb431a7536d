"""Addresses of the graph below `/api/v1/`."""

from config.api.routers import Router

router = Router()

urlpatterns = router.urls
