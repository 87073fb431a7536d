"""Tables of the platform itself. Those with `organization_id` stand under row-level security."""

from config.models.idempotency import IdempotencyKey
from config.models.slow_queries import SlowQuery

__all__ = ["IdempotencyKey", "SlowQuery"]
