"""Statements sent to PostgreSQL: how many, how long, how many failed or were too slow."""

from prometheus_client import Counter

QUERIES = Counter("nodeloom_db_queries", "Statements sent to PostgreSQL.")
QUERY_SECONDS = Counter("nodeloom_db_query_seconds", "Time spent waiting for statements.")
QUERY_ERRORS = Counter("nodeloom_db_query_errors", "Statements that failed.", ["error"])
SLOW_QUERIES = Counter("nodeloom_db_slow_queries", "Statements slower than the threshold.")
SLOW_QUERIES_DROPPED = Counter(
    "nodeloom_db_slow_queries_dropped", "Slow statements not recorded because too many came."
)
