"""The peer's one resource."""

from rest_framework.routers import SimpleRouter

from benchmarks.bare.processes import ProcessViewSet
from benchmarks.bare.views import DocumentViewSet, RecordedDocumentViewSet

router = SimpleRouter()
router.register("documents", DocumentViewSet)
router.register("recorded/documents", RecordedDocumentViewSet, basename="recorded")
router.register("processes", ProcessViewSet)
urlpatterns = router.urls
