"""What the index page says of runs."""

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from config.admin.dashboard import Section, Tile, register_section
from config.admin.display import list_address
from spindles.admin.filters import LIST
from spindles.choices import OPEN, ExecutionStatus
from spindles.models import Execution
from spindles.runs.attention import is_stuck, waits_for_people


def _section() -> Section:
    now = timezone.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found: dict[str, Any] = Execution.objects.filter(status__in=OPEN).aggregate(
        open=Count("pk"),
        queued=Count("pk", filter=Q(queued_at__isnull=False)),
        people=Count("pk", filter=waits_for_people()),
        stuck=Count("pk", filter=is_stuck(now)),
    )
    ended: dict[str, Any] = Execution.objects.filter(created_at__gte=today).aggregate(
        failed=Count("pk", filter=Q(status=ExecutionStatus.FAILED)),
        completed=Count("pk", filter=Q(status=ExecutionStatus.COMPLETED)),
    )
    queued, people, stuck = (found[name] for name in ("queued", "people", "stuck"))
    return Section(
        "Runs",
        [
            Tile("Open", found["open"], list_address(LIST, needs="open"), icon="play_circle"),
            Tile("Queued", queued, list_address(LIST, needs="slot"),
                 "wait for a slot" if queued else "none waits for a slot", icon="hourglass_top"),
            Tile("Wait for people", people, list_address(LIST, needs="people"), icon="person"),
            Tile("Completed today", ended["completed"],
                 list_address(LIST, status__exact="completed", period="day"),
                 "began today, UTC", icon="check_circle"),
            Tile("Failed today", ended["failed"],
                 list_address(LIST, status__exact="failed", period="day"),
                 "began today, UTC", "bad" if ended["failed"] else "good", "error"),
            Tile("Stuck", stuck, list_address(LIST, needs="stuck"),
                 "nobody drives them" if stuck else "every run is driven",
                 "bad" if stuck else "good", "report"),
        ],
    )  # fmt: skip


register_section("runs", 18, _section)
