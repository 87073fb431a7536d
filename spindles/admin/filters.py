"""By what the list of runs can be narrowed."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from node_links.admin.life_cycle import Options
from spindles.choices import OPEN
from spindles.models import Execution
from spindles.runs.attention import is_stuck, waits_for_people

LIST = "spindles_execution"
_PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


class AttentionFilter(admin.SimpleListFilter):
    """Runs that are not over, and among them those that need somebody."""

    title = "attention"
    parameter_name = "needs"

    def lookups(self, request: HttpRequest, model_admin: object) -> Options:
        """Offer what can be asked."""
        return [
            ("open", "Open"),
            ("stuck", "Stuck: nobody drives them"),
            ("people", "Wait for people"),
            ("slot", "Queued for a slot"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Execution]) -> QuerySet[Execution]:
        """Narrow the list."""
        match self.value():
            case "open":
                return queryset.filter(status__in=OPEN)
            case "stuck":
                return queryset.filter(is_stuck(timezone.now()))
            case "people":
                return queryset.filter(waits_for_people())
            case "slot":
                return queryset.filter(queued_at__isnull=False)
        return queryset


class NestingFilter(admin.SimpleListFilter):
    """Runs that somebody asked for, or that other runs have started."""

    title = "nesting"
    parameter_name = "nesting"

    def lookups(self, request: HttpRequest, model_admin: object) -> Options:
        """Offer both."""
        return [("top", "Started from outside"), ("inside", "Started by another run")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Execution]) -> QuerySet[Execution]:
        """Narrow the list."""
        if self.value() in ("top", "inside"):
            return queryset.filter(parent__isnull=self.value() == "top")
        return queryset


class PeriodFilter(admin.SimpleListFilter):
    """When they were asked for."""

    title = "period"
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: object) -> Options:
        """Offer the three."""
        return [("hour", "Last hour"), ("day", "Last 24 hours"), ("week", "Last 7 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Execution]) -> QuerySet[Execution]:
        """Narrow the list."""
        period = _PERIODS.get(self.value() or "")
        return queryset.filter(created_at__gte=timezone.now() - period) if period else queryset
