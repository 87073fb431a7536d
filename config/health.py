"""`/health/live`: the process answers. `/health/ready`: so does what it needs."""

from dataclasses import asdict

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.probes import Probe, Status, check_all

RETRY_AFTER_SECONDS = "2"


@transaction.non_atomic_requests
@never_cache
@require_safe
def live(_request: HttpRequest) -> HttpResponse:
    """Answer 200 while the process can answer at all; touches nothing."""
    return JsonResponse({"status": "ok"})


@transaction.non_atomic_requests
@never_cache
@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """Answer 200 where requests can be served, else 503 naming what fails, within three seconds.

    Each part is `{status, latency_ms, detail}`. Without the cache everything works, only slower:
    that is `degraded` and still 200.
    """
    parts = check_all()
    failing = [name for name, part in parts.items() if part.status is Status.FAILED]
    body = {"status": overall(parts), "failing": failing, "checks": as_json(parts)}
    if failing:
        return JsonResponse(body, status=503, headers={"Retry-After": RETRY_AFTER_SECONDS})
    return JsonResponse(body)


def overall(parts: dict[str, Probe]) -> Status:
    """Return the worst status among the parts."""
    found = {part.status for part in parts.values()}
    return next(
        (status for status in (Status.FAILED, Status.DEGRADED) if status in found), Status.OK
    )


def as_json(parts: dict[str, Probe]) -> dict[str, dict[str, object]]:
    """Return the parts as plain objects."""
    return {name: asdict(part) for name, part in parts.items()}
