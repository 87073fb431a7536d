"""Writing the row of a statement: one upsert, correct however many processes write at once."""

from typing import TYPE_CHECKING, Any

from django.db import connections
from psycopg.types.json import Jsonb

from config.slow_queries.plans import Plan
from config.slow_queries.suggestions import Suggestion

if TYPE_CHECKING:
    from config.slow_queries.recorder import Observation

KEPT_REQUEST_IDS = 5

_UPSERT = f"""
    INSERT INTO slow_queries AS held (
        fingerprint, sql, count, max_ms, total_ms, last_ms, repeated,
        parameter_types, plan, suggestions, request_ids, first_seen, last_seen)
    VALUES (%(fingerprint)s, %(sql)s, %(slow)s, %(ms)s, %(ms)s, %(ms)s, %(repeated)s,
        %(types)s::text[], %(plan)s, %(suggestions)s, %(request_ids)s::text[], now(), now())
    ON CONFLICT (fingerprint) DO UPDATE SET
        count = held.count + excluded.count,
        max_ms = greatest(held.max_ms, excluded.max_ms),
        total_ms = held.total_ms + excluded.total_ms,
        last_ms = CASE WHEN excluded.count > 0 THEN excluded.last_ms ELSE held.last_ms END,
        repeated = greatest(held.repeated, excluded.repeated),
        parameter_types = CASE WHEN excluded.count > 0
            THEN excluded.parameter_types ELSE held.parameter_types END,
        plan = coalesce(excluded.plan, held.plan),
        suggestions = CASE WHEN excluded.plan IS NULL THEN held.suggestions
            ELSE excluded.suggestions END,
        request_ids = (excluded.request_ids || held.request_ids)[1:{KEPT_REQUEST_IDS}],
        last_seen = now()
"""  # noqa: S608 -- the one inserted value is a constant number


def store(
    fingerprint: str,
    sql: str,
    observation: "Observation",
    plan: Plan | None,
    suggestions: list[Suggestion],
) -> None:
    """Add one observation to the row of its statement, or make the row."""
    values: dict[str, Any] = {
        "fingerprint": fingerprint,
        "sql": sql,
        "slow": int(observation.seconds > 0),
        "ms": observation.seconds * 1000,
        "repeated": observation.repeated,
        "types": observation.parameter_types,
        "plan": None if plan is None else Jsonb(plan),
        "suggestions": Jsonb([each.as_dict() for each in suggestions]),
        "request_ids": [observation.request_id] if observation.request_id else [],
    }
    with connections["default"].cursor() as cursor:
        cursor.execute(_UPSERT, values)
