"""What tests of the audit trail look at."""

from typing import Any
from uuid import UUID

from accounts.tenancy import system_scope
from node_links.models import AuditLog

LOGS = "/api/v1/audit-logs/"


def trail(**narrowed: Any) -> list[AuditLog]:
    """Return the rows of the trail, the oldest first."""
    with system_scope():
        return list(AuditLog.objects.filter(**narrowed).order_by("id"))


def last(record: UUID) -> AuditLog:
    """Return the newest row about a record."""
    return trail(record_id=str(record))[-1]
