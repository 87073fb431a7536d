"""How much of what was done by whom and when: counts of the trail."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.db.models.functions import TruncDate

from node_links.models import AuditLog


@dataclass(frozen=True, slots=True)
class ReportLine:
    """How many rows of a table somebody added, changed or deleted on one day (UTC)."""

    day: str
    table: str
    operation: str
    person: str
    count: int

    def as_dict(self) -> dict[str, Any]:
        """Return the line as plain values."""
        return asdict(self)


COLUMNS = tuple(field.name for field in fields(ReportLine))


def audit_report(
    *, since: datetime, until: datetime | None = None, organization_id: UUID | None = None
) -> Iterator[ReportLine]:
    """Yield the counts from `since` up to `until`, the newest day first.

    Sees what the running scope sees; `organization_id` narrows it to one organisation. `person` is
    an e-mail address, empty where the platform itself did it.
    """
    rows = AuditLog.objects.since(since)
    if until is not None:
        rows = rows.before(until)
    if organization_id is not None:
        rows = rows.filter(organization_id=organization_id)
    counted = (
        rows.order_by()
        .annotate(day=TruncDate("changed_at"))
        .values_list("day", "table_name", "operation", "changed_by__email")
        .annotate(count=Count("pk"))
        .order_by("-day", "table_name", "operation", "changed_by__email")
    )
    for day, table, operation, person, count in counted:
        yield ReportLine(day.isoformat(), table, operation, person or "", count)
