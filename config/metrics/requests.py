"""Requests: how many, how long, by view, method and status."""

from django.http import HttpRequest
from prometheus_client import Counter, Histogram

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter("nodeloom_http_requests", "Requests answered.", ["view", "method", "status"])
SECONDS = Histogram(
    "nodeloom_http_request_duration_seconds",
    "Time from the first middleware in to the response out (without a streamed body).",
    ["view", "method"],
    buckets=BUCKETS,
)


def observe_request(request: HttpRequest, status: int, seconds: float) -> None:
    """Count one answered request.

    Labels stay few whatever callers send: the view's name and not the path, known methods only.
    """
    match = request.resolver_match
    view = match.view_name if match else "unmatched"
    method = request.method if request.method in METHODS else "OTHER"
    REQUESTS.labels(view, method, status).inc()
    SECONDS.labels(view, method).observe(seconds)
