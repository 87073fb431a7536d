"""Writing down where a run stands, in the transaction that brought it there."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from config.ids import uuid7
from spindles.choices import StepStatus
from spindles.engine.state import Run

# The steps are copied inside the database, with outputs that nobody needs to read here.
_WRITE = """
INSERT INTO execution_snapshots (snapshot_id, organization_id, execution_id, number, type, status,
    percent, completed, pending, failed, skipped, created_at, content)
SELECT %(id)s, e.organization_id, e.execution_id, %(number)s, 'checkpoint', 'ready', %(percent)s,
    %(completed)s::varchar[], %(pending)s::varchar[], %(failed)s::varchar[], %(skipped)s::varchar[],
    clock_timestamp(),
    jsonb_build_object('inputs', e.inputs, 'context', e.context, 'steps', (
        SELECT coalesce(jsonb_object_agg(s.step_id, jsonb_build_object(
            'status', s.status, 'reason', s.reason, 'note', s.note, 'output', s.output,
            'output_file', s.output_file, 'output_hash', s.output_hash,
            'output_bytes', s.output_bytes, 'used', s.used, 'error', s.error,
            'wait_kind', s.wait_kind, 'wait', s.wait,
            'started_at', s.started_at, 'completed_at', s.completed_at)), '{}')
        FROM execution_steps s WHERE s.execution_id = e.execution_id))
FROM executions e WHERE e.execution_id = %(run)s
"""
_FORGET = """
UPDATE execution_snapshots SET status = 'deleted', content = '{}' WHERE snapshot_id IN (
    SELECT snapshot_id FROM execution_snapshots WHERE execution_id = %s AND status <> 'deleted'
    ORDER BY number DESC OFFSET %s)
"""

_PART_OF = {
    StepStatus.COMPLETED: "completed",
    StepStatus.FAILED: "failed",
    StepStatus.SKIPPED: "skipped",
    StepStatus.CANCELLED: "skipped",
}


def number_snapshot(run: Run) -> None:
    """Give the snapshot that is about to be written its number, and record that it was taken."""
    row = run.row
    row.last_snapshot += 1
    completion = row.progress["percent"]
    run.record("CheckpointCreated", {"number": row.last_snapshot, "completion": completion})


def write_snapshot(run: Run) -> None:
    """Write the snapshot, after all that it tells of, and forget the oldest beyond those kept."""
    row = run.row
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for step in run.drawn():
        if not step.internal:
            parts[_PART_OF.get(StepStatus(step.status), "pending")].append(step.step_id)
    values: dict[str, Any] = {
        "id": uuid7(),
        "run": row.pk,
        "number": row.last_snapshot,
        "percent": Decimal(str(row.progress["percent"])),
        **{name: parts[name] for name in ("completed", "pending", "failed", "skipped")},
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        cursor.execute(_FORGET, [row.pk, settings.SNAPSHOT_KEEP])
