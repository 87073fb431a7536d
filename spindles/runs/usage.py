"""Which runs have used an entity: runs of it, and runs whose steps used it on the way."""

from typing import Any

import orjson

from accounts.actors import Actor
from config.replica import reader
from node_links.graph.nodes import Address
from node_links.graph.usage import LATEST, Usage, Used, usages
from spindles.choices import OPEN
from spindles.models import Execution

MOST = 10_000
"""So many runs are counted at most."""

# The condition is the index's own: without it the planner would read every step.
_FIND = """
WITH used AS (
    SELECT execution_id FROM executions
    WHERE organization_id = %(organization)s AND source_feature = %(feature)s
        AND source_id = %(entity)s AND (%(any)s OR status = ANY(%(statuses)s))
    UNION
    SELECT s.execution_id FROM execution_steps s
    JOIN executions e ON e.execution_id = s.execution_id
    WHERE e.organization_id = %(organization)s AND (%(any)s OR e.status = ANY(%(statuses)s))
        AND s.used @> %(used)s::jsonb AND NOT (s.used = '[]'::jsonb)
    LIMIT %(most)s
)
SELECT count(*) OVER (), execution_id FROM used ORDER BY execution_id DESC LIMIT %(latest)s
"""


def join() -> None:
    """Tell of runs in impact analyses."""
    usages.add(Usage.RUNNING_EXECUTIONS, find_running)
    usages.add(Usage.EXECUTIONS, find_all)


def find_running(actor: Actor, address: Address) -> Used:
    """Return the runs that have not ended and run or have used what is at `address`."""
    return _find(actor, address, running=True)


def find_all(actor: Actor, address: Address) -> Used:
    """Return the runs that ran or have used what is at `address`."""
    return _find(actor, address, running=False)


def _find(actor: Actor, address: Address, *, running: bool) -> Used:
    wanted: dict[str, Any] = {"feature": address.feature, "entity_id": str(address.entity_id)}
    if address.node_id is not None:
        wanted["node_id"] = address.node_id
    with reader().cursor() as cursor:
        cursor.execute(
            _FIND,
            {
                "organization": actor.tenant_id,
                "feature": address.feature,
                "entity": address.entity_id,
                "any": not running,
                "statuses": list(OPEN),
                "used": orjson.dumps([wanted]).decode(),
                "most": MOST,
                "latest": LATEST,
            },
        )
        found = cursor.fetchall()
    if not found:
        return Used()
    rows = Execution.objects.visible_to(actor).without_content()
    latest = rows.filter(pk__in=[row[1] for row in found]).order_by("-created_at", "-id")
    return Used(int(found[0][0]), [_told(row) for row in latest])


def _told(row: Execution) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "source": {
            "feature": row.source_feature,
            "entity_id": str(row.source_id),
            "name": row.source_name,
            "version": row.source_version,
        },
        "status": str(row.status),
        "environment": str(row.environment),
        "created_at": row.created_at,
    }
