"""How many runs are open, and how late the latest one is, over all organisations."""

from collections.abc import Callable

from django.db import connection
from django.utils import timezone

from accounts.tenancy import system_scope
from config.metrics.gauges import register_gauge
from spindles.choices import OPEN
from spindles.models import Execution
from spindles.runs.attention import is_stuck

_OVERDUE = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(wake_at)), 0)::float8 FROM executions
WHERE wake_at IS NOT NULL AND status IN ('pending', 'running')
"""


def queued() -> int:
    """Return how many runs wait for a slot of their organisation."""
    with system_scope():
        return Execution.objects.queued().count()


def overdue_seconds() -> float:
    """Return for how long the most overdue run should have been looked at, 0 if none is."""
    with system_scope(), connection.cursor() as cursor:
        cursor.execute(_OVERDUE)
        row = cursor.fetchone()
    return max(0.0, float(row[0])) if row else 0.0


def stuck() -> int:
    """Return how many runs should go on and do not."""
    with system_scope():
        return Execution.objects.filter(is_stuck(timezone.now())).count()


def _having(status: str) -> Callable[[], int]:
    def read() -> int:
        with system_scope():
            return Execution.objects.filter(status=status).count()

    return read


def register() -> None:
    """Show the gauges on `/metrics` and in `doctor`."""
    for status in OPEN:
        register_gauge(
            f"executions_{status.value}", f"Runs that are {status.value}.", _having(status.value)
        )
    register_gauge("executions_queued", "Runs that wait for a slot.", queued)
    register_gauge("executions_stuck", "Runs that should go on and do not.", stuck)
    register_gauge(
        "execution_overdue_seconds", "How late the most overdue run is.", overdue_seconds
    )
