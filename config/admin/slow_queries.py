"""Slow statements, their plans and what would help."""

from datetime import timedelta
from typing import Any

import sqlparse
from django.contrib import admin
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.safestring import SafeString

from config.admin.base import ReadOnlyAdmin
from config.admin.dashboard import Section, Tile, register_section
from config.admin.display import NOTHING, code, list_address, panel
from config.admin.theme import display
from config.models import SlowQuery
from config.slow_queries.plans import Plan
from config.slow_queries.report import stored_suggestions

_PLAN_FACTS = ("Filter", "Index Cond", "Hash Cond", "Join Filter", "Sort Key")


@admin.register(SlowQuery)
class SlowQueryAdmin(ReadOnlyAdmin):
    """Statements above the threshold, the slowest first."""

    list_display = ("statement", "slowest", "mean", "count", "repeated", "advice", "last_seen")
    search_fields = ("sql",)
    fieldsets = (
        (None, {"fields": ("sql_text", "advice_panel")}),
        ("Times", {"fields": ("slowest", "mean", "last", "count", "repeated")}),
        ("Plan", {"fields": ("plan_tree",)}),
        ("Seen", {"fields": ("first_seen", "last_seen", "requests", "fingerprint")}),
    )
    readonly_fields = (
        "sql_text", "advice_panel", "slowest", "mean", "last", "plan_tree", "requests",
    )  # fmt: skip

    @display(description="Statement")
    def statement(self, row: SlowQuery) -> str:
        """Return its beginning."""
        return row.sql if len(row.sql) <= 90 else f"{row.sql[:90]}…"

    @display(description="Slowest", ordering="max_ms")
    def slowest(self, row: SlowQuery) -> str:
        """Return its longest run."""
        return f"{row.max_ms:,.0f} ms"

    @display(description="Mean")
    def mean(self, row: SlowQuery) -> str:
        """Return the mean of its slow runs."""
        return f"{row.mean_ms:,.0f} ms"

    @display(description="Last run")
    def last(self, row: SlowQuery) -> str:
        """Return its latest run."""
        return f"{row.last_ms:,.0f} ms"

    @display(description="Advice", label="warning")
    def advice(self, row: SlowQuery) -> str:
        """Return the kinds of advice there are."""
        kinds = dict.fromkeys(one.kind.replace("_", " ") for one in stored_suggestions(row))
        return ", ".join(kinds)

    @display(description="Statement")
    def sql_text(self, row: SlowQuery) -> SafeString:
        """Return all of it, indented."""
        return code(sqlparse.format(row.sql, reindent=True, keyword_case="upper"))

    @display(description="What would help")
    def advice_panel(self, row: SlowQuery) -> SafeString:
        """Return each piece of advice with the statement to run."""
        return panel("admin/nodeloom/advice.html", advice=stored_suggestions(row))

    @display(description="Plan")
    def plan_tree(self, row: SlowQuery) -> SafeString | str:
        """Return the plan as an indented tree."""
        return code("\n".join(_lines(row.plan))) if row.plan else NOTHING

    @display(description="Latest requests")
    def requests(self, row: SlowQuery) -> SafeString | str:
        """Return ids by which logs can be searched."""
        return code("\n".join(row.request_ids)) if row.request_ids else NOTHING


def _lines(plan: Plan | list[Plan], depth: int = 0) -> list[str]:
    if isinstance(plan, list):
        return [line for one in plan for line in _lines(one, depth)]
    if "Plan" in plan:
        return _lines(plan["Plan"], depth)
    rows, cost = plan.get("Plan Rows", "?"), plan.get("Total Cost", "?")
    parts = [str(plan.get("Node Type", "?"))]
    parts += [f"on {plan['Relation Name']}"] if "Relation Name" in plan else []
    parts += [f"using {plan['Index Name']}"] if "Index Name" in plan else []
    head = f"{'   ' * depth}{'└─ ' if depth else ''}{' '.join(parts)}  (rows {rows}, cost {cost})"
    facts = [f"{'   ' * depth}      {name}: {plan[name]}" for name in _PLAN_FACTS if name in plan]
    children = [line for one in plan.get("Plans", ()) for line in _lines(one, depth + 1)]
    return [head, *facts, *children]


def _section() -> Section:
    since = timezone.now() - timedelta(days=1)
    found: dict[str, Any] = SlowQuery.objects.aggregate(
        all=Count("pk"), recent=Count("pk", filter=Q(last_seen__gte=since)), slowest=Max("max_ms")
    )
    slowest = f"slowest {found['slowest']:,.0f} ms" if found["slowest"] else "none recorded"
    return Section(
        "Platform",
        [
            Tile(
                "Slow statements",
                found["all"],
                list_address("config_slowquery"),
                f"{slowest}, {found['recent']} seen in 24 h",
                "warning" if found["recent"] else "",
                "speed",
            )
        ],
    )


register_section("platform", 40, _section)
