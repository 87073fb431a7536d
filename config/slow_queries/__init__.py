"""Which statements are too slow, why, and what would help.

`install()` puts a watch on the app's database connections. A statement above SLOW_QUERY_SECONDS
(0 = off), or sent more than ten times by one request, is handed to a background thread, which asks
PostgreSQL for its plan on a connection of its own and keeps one row per statement. The statement's
own transaction is never touched, and no parameter value is kept.
"""

from config.slow_queries.report import get_slow_queries, optimize_query, stored_suggestions
from config.slow_queries.suggestions import Suggestion
from config.slow_queries.watch import install, query_watch, record_query

__all__ = [
    "Suggestion",
    "get_slow_queries",
    "install",
    "optimize_query",
    "query_watch",
    "record_query",
    "stored_suggestions",
]
