"""Addresses of the graph below `/api/v1/`."""

from config.api.routers import Router
from node_links.api.audit_logs import AuditLogViewSet

router = Router()
router.register("audit-logs", AuditLogViewSet, basename="audit-logs")

urlpatterns = router.urls
