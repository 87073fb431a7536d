"""Forgetting sagas that came to a good end long ago."""

from django.conf import settings

from accounts.purging import BATCH, purge
from node_links.models.sagas import DONE

_PURGE = """
WITH chosen AS (
    SELECT saga_id FROM sagas
    WHERE status = ANY(%(done)s) AND finished_at < now() - make_interval(days => %(days)s)
    LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), steps AS (
    DELETE FROM saga_steps WHERE saga_id IN (SELECT saga_id FROM chosen)
)
DELETE FROM sagas WHERE saga_id IN (SELECT saga_id FROM chosen)
"""


def purge_sagas(*, batch: int = BATCH) -> int:
    """Delete sagas completed or compensated more than `SAGA_DAYS` ago, with their steps.

    Return how many. Those that failed stay until somebody has looked after them; the events of all
    stay for good.
    """
    return purge(_PURGE, {"done": list(DONE), "days": settings.SAGA_DAYS}, batch=batch)
