"""All addresses. The API's come from the apps that are there, each below `/api/v1/`."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny

from config.api import errors

# Addresses are tried in this order; the entities of features are asked for most.
API_URLS = (
    "knowledge_base.api.urls",
    "function_models.api.urls",
    "spindles.api.urls",
    "accounts.api.urls",
    "node_links.api.urls",
)


def _present(module: str) -> bool:
    return find_spec(module) is not None


_public = {"authentication_classes": (), "permission_classes": (AllowAny,), "throttle_classes": ()}

urlpatterns: list[URLPattern | URLResolver] = [
    *(path("api/v1/", include(module)) for module in API_URLS if _present(module)),
    path("api/schema/", SpectacularAPIView.as_view(**_public), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema", **_public), name="docs"),
    path("admin/", admin.site.urls),
    path("", include("config.health_urls")),
]

handler400 = errors.handler400
handler403 = errors.handler403
handler404 = errors.handler404
handler500 = errors.handler500
