"""PostgreSQL's plan of a statement, made without running it and without any value."""

from collections.abc import Iterator
from typing import Any

import sqlparse
from django.db import DatabaseError, connections, transaction

from config.slow_queries.statements import hide_literals, number_placeholders

Plan = dict[str, Any]

PLANNED_VERBS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE"})


def explain(sql: str, *, using: str = "default") -> Plan | None:
    """Return the generic plan of `sql` as PostgreSQL's JSON, literals blanked; None without one.

    Args:
        sql: one statement, with psycopg's placeholders or none.
        using: database alias. Inside a transaction a savepoint shields it.

    A statement that has no plan (DDL, several statements in one, a parameter of unknown type) and a
    server older than PostgreSQL 16, which has no generic EXPLAIN, give None.
    """
    statements = [part for part in sqlparse.split(sql) if part.strip(" ;\n")]
    # More than one would leave the EXPLAIN after the first and run the rest.
    if len(statements) != 1 or statements[0].split(None, 1)[0].upper() not in PLANNED_VERBS:
        return None
    command = f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {number_placeholders(statements[0])}"
    try:
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            cursor.execute(command)
            (row,) = cursor.fetchone() or (None,)
    except DatabaseError:
        return None
    plan = row[0]["Plan"] if row else None
    return _blanked(plan) if isinstance(plan, dict) else None


def _blanked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _blanked(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_blanked(held) for held in value]
    return hide_literals(value) if isinstance(value, str) else value


def nodes(plan: Plan) -> Iterator[Plan]:
    """Yield the plan's nodes from the top down."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)
