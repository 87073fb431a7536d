"""The runs that a run has started, and those that they have started."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from config.replica import reader
from spindles.models import Execution

MOST = 1000
"""So many runs below one are told; the first ones."""

_BELOW = """
WITH RECURSIVE below AS (
    SELECT execution_id, parent_id, 1 AS level FROM executions
    WHERE parent_id = %(root)s AND organization_id = %(organization)s
    UNION ALL
    SELECT e.execution_id, e.parent_id, b.level + 1
    FROM executions e JOIN below b ON e.parent_id = b.execution_id
    WHERE e.organization_id = %(organization)s AND b.level < 20
)
SELECT execution_id FROM below ORDER BY level, execution_id LIMIT %(most)s
"""


@dataclass(slots=True)
class Descendant:
    """A run below another one; `step_id` is the step that started it."""

    id: UUID
    parent_id: UUID
    step_id: str | None
    source: dict[str, Any]
    status: str
    progress: dict[str, Any]
    started_at: datetime | None
    completed_at: datetime | None
    duration_seconds: float | None
    children: list["Descendant"] = field(default_factory=list)


def children_of(execution: Execution) -> list[Descendant]:
    """Return the runs that `execution` has started, as a tree, the first one first."""
    with reader().cursor() as cursor:
        cursor.execute(
            _BELOW,
            {"root": execution.pk, "organization": execution.organization_id, "most": MOST},
        )
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        return []
    rows = Execution.objects.filter(pk__in=ids).without_content().order_by("created_at", "id")
    return _tree(execution.pk, rows)


def source_as_json(execution: Execution) -> dict[str, Any]:
    """Return what runs, as answers show it."""
    return {
        "feature": execution.source_feature,
        "entity_id": execution.source_id,
        "name": execution.source_name,
        "slug": execution.source_slug or None,
        "version": execution.source_version,
        "is_draft": execution.is_draft,
    }


def _tree(root: UUID, rows: Iterable[Execution]) -> list[Descendant]:
    under: defaultdict[UUID, list[Descendant]] = defaultdict(list)
    found = []
    for row in rows:
        if row.parent_id is None:
            continue
        one = Descendant(
            id=row.pk,
            parent_id=row.parent_id,
            step_id=row.parent_step_id,
            source=source_as_json(row),
            status=row.status,
            progress=row.progress,
            started_at=row.started_at,
            completed_at=row.completed_at,
            duration_seconds=row.duration_seconds,
        )
        under[row.parent_id].append(one)
        found.append(one)
    for one in found:
        one.children = under[one.id]
    return under[root]
