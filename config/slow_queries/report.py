"""Reading what was recorded, and asking about one statement."""

from django.db.models import Q

from config.models import SlowQuery
from config.slow_queries.plans import explain
from config.slow_queries.statements import fingerprint, normalise
from config.slow_queries.suggestions import (
    REPEATED_STATEMENTS,
    Suggestion,
    repeated_suggestion,
    suggest,
)
from config.slow_queries.tables import table_facts


def get_slow_queries(threshold: float = 0.1, *, limit: int | None = None) -> list[SlowQuery]:
    """Return the recorded statements, the slowest first.

    Args:
        threshold: seconds; those that took as long at least once, and those that one request sent
            more than ten times however fast they were.
        limit: the most that are returned; None for all.
    """
    found = SlowQuery.objects.filter(
        Q(count__gt=0, max_ms__gte=threshold * 1000) | Q(repeated__gt=REPEATED_STATEMENTS)
    )
    return list(found[:limit])


def stored_suggestions(query: SlowQuery) -> list[Suggestion]:
    """Return what would make a recorded statement faster."""
    found = [Suggestion(**each) for each in query.suggestions]
    return found + _of_repetition(query.repeated)


def optimize_query(sql: str) -> list[Suggestion]:
    """Return what would make `sql` faster by the tables as they are now; it is not run.

    Kinds: `sequential_scan` (with the index to add), `sort_without_index`, `missing_limit`, and
    `n_plus_one` where one request was seen to send this statement more than ten times.
    """
    plan = explain(sql)
    found = suggest(plan, table_facts) if plan else []
    name = fingerprint(normalise(sql))
    repeated = SlowQuery.objects.filter(fingerprint=name).values_list("repeated", flat=True).first()
    return found + _of_repetition(repeated or 0)


def _of_repetition(times: int) -> list[Suggestion]:
    return [repeated_suggestion(times)] if times > REPEATED_STATEMENTS else []
