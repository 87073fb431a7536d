"""`GET /metrics`, for the machine itself or for a bearer of the token."""

import secrets
from ipaddress import ip_address

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from config.metrics.exposition import render_metrics
from config.metrics.pool import publish_pool

FORWARDED_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


@transaction.non_atomic_requests
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics, or 403 to anybody else."""
    if not may_read_metrics(request):
        return HttpResponseForbidden("Metrics need the bearer token.\n", content_type="text/plain")
    publish_pool()
    return HttpResponse(render_metrics(), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request: HttpRequest) -> bool:
    """Return whether the caller sits on this machine or knows NODELOOM_METRICS_TOKEN.

    A request that a proxy passed on comes from the loopback address too, so a forwarding header
    takes that right away.
    """
    token = settings.METRICS_TOKEN
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer":
        return secrets.compare_digest(given.strip().encode(), token.encode())
    if any(header in request.headers for header in FORWARDED_HEADERS):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
