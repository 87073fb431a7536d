"""Work that starts by the clock, to look at; the settings say what it is."""

import django_celery_beat.admin  # noqa: F401 -- registers the pages that are replaced here
from django.contrib import admin
from django_celery_beat import models as beat

from config.admin.base import ReadOnlyAdmin
from config.admin.theme import display

# The scheduler's own pages are not in the theme, and schedules that are typed in here would be
# known to this installation only.
for _model in (
    beat.PeriodicTask,
    beat.ClockedSchedule,
    beat.CrontabSchedule,
    beat.IntervalSchedule,
    beat.SolarSchedule,
):
    admin.site.unregister(_model)


@admin.register(beat.PeriodicTask)
class PeriodicTaskAdmin(ReadOnlyAdmin):
    """What starts by the clock, and when it last did."""

    list_display = ("name", "task", "rhythm", "queue", "enabled", "last_run_at", "total_run_count")
    list_select_related = ("interval", "crontab", "solar", "clocked")
    fields = ("name", "task", "rhythm", "queue", "enabled", "last_run_at", "total_run_count")
    readonly_fields = ("rhythm",)

    @display(description="Rhythm")
    def rhythm(self, row: beat.PeriodicTask) -> str:
        """Return when it starts."""
        return str(row.schedule) if row.interval_id is None else str(row.interval)
