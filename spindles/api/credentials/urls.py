"""Addresses of credentials below `/api/v1/`."""

from config.api.routers import Router
from spindles.api.credentials.views import CredentialViewSet

router = Router()
router.register("credentials", CredentialViewSet, basename="credentials")

urlpatterns = router.urls
