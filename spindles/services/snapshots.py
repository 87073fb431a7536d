"""Snapshots of runs: taking one, going back to one, removing one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from config.exceptions import Conflict, NotFound
from spindles.choices import LogLevel, SnapshotStatus, StepStatus, WaitKind
from spindles.engine.ending import cancel_child
from spindles.engine.state import Run, StepState
from spindles.engine.transitions import interrupt_for_good, reopen, wait_for_items
from spindles.models import Execution, ExecutionSnapshot
from spindles.services.acting import FAILED, NEXT, PAUSED, RUNNING, acting

_SETTLED_FOR_GOOD = (StepStatus.COMPLETED, StepStatus.SKIPPED, StepStatus.FAILED)
_COPIED = (
    *("status", "reason", "note", "output_file", "output_hash", "output_bytes", "used", "error"),
    "output",
)


def snapshots_of(execution: Execution) -> QuerySet[ExecutionSnapshot]:
    """Return the snapshots of a run that have not been removed, the newest first."""
    rows = ExecutionSnapshot.objects.filter(execution=execution)
    return rows.exclude(status=SnapshotStatus.DELETED).order_by("-number")


def find_snapshot(execution_id: UUID, number: int) -> ExecutionSnapshot:
    """Return a snapshot that is there. Raises `NotFound`."""
    rows = ExecutionSnapshot.objects.filter(execution=execution_id, number=number)
    found = rows.exclude(status=SnapshotStatus.DELETED).first()
    if found is None:
        raise NotFound()
    return found


def take_snapshot(*, actor: Actor, pk: UUID) -> ExecutionSnapshot:
    """Write down where a running, paused or failed run stands.

    Raises `NotFound`, `Forbidden`, `InvalidTransition`.
    """
    with acting(actor, pk, RUNNING, PAUSED, FAILED) as run:
        run.change.snapshot = True
    return ExecutionSnapshot.objects.get(execution=pk, number=run.row.last_snapshot)


def restore_snapshot(*, actor: Actor, pk: UUID, number: int, reason: str = "") -> Execution:
    """Bring a paused or failed run back to where it stood; it is paused then.

    What was completed since is pending again, its tries stay as history. Raises `NotFound`,
    `Forbidden`, `InvalidTransition`, and `Conflict` (`not_restorable`).
    """
    with acting(actor, pk, PAUSED, FAILED) as run:
        rewind(run, find_snapshot(pk, number), reason)
    return run.row


def delete_snapshot(*, actor: Actor, pk: UUID, number: int) -> None:
    """Remove a snapshot; its number is not given again. Raises `NotFound`, `Forbidden`."""
    with acting(actor, pk, *NEXT) as run:
        found = find_snapshot(pk, number)
        found.status = SnapshotStatus.DELETED
        found.content = {}
        found.save(update_fields=["status", "content"])
        run.record("CheckpointDeleted", {"number": number})


def rewind(run: Run, snapshot: ExecutionSnapshot, reason: str = "") -> None:
    """Bring a run that is locked back to a snapshot, and leave it paused.

    Raises `Conflict` (`not_restorable`) for a snapshot that is not ready.
    """
    if snapshot.status != SnapshotStatus.READY:
        raise Conflict(
            f"The snapshot is {snapshot.status}: it cannot be restored.", code="not_restorable"
        )
    then: dict[str, dict[str, Any]] = snapshot.content["steps"]
    for step in list(run.steps.values()):
        _rewind_step(run, step, then.get(step.step_id, {}))
    row = run.row
    row.status = PAUSED
    row.status_reason = ""
    row.error = None
    row.outputs = {}
    row.completed_at = None
    row.inputs = snapshot.content["inputs"]
    row.context = snapshot.content["context"]
    snapshot.restored_at = timezone.now()
    snapshot.save(update_fields=["restored_at"])
    run.record("CheckpointRestored", {"number": snapshot.number, "reason": reason or None})
    run.log(LogLevel.INFO, f"The run went back to snapshot {snapshot.number}.")


def _rewind_step(run: Run, step: StepState, then: dict[str, Any]) -> None:
    status = then.get("status", StepStatus.PENDING)
    was_at_work = status in (StepStatus.RUNNING, StepStatus.WAITING)
    if step.at_work and was_at_work:
        return  # what it is at began before the snapshot
    if status == step.status and then.get("output_hash") == step.output_hash:
        return
    if step.at_work:
        interrupt_for_good(run, step)
        if step.wait_child is not None:
            cancel_child(UUID(step.wait_child), by=None, reason="The run above it went back.")
    reopen(run, step)
    if status in _SETTLED_FOR_GOOD:
        for name in _COPIED:
            setattr(step, name, then[name])
        step.started_at = _moment(then["started_at"])
        step.completed_at = _moment(then["completed_at"])
        step.wait = then["wait"]
    elif then.get("wait_kind") == WaitKind.ITEMS:
        wait_for_items(run, step, then["wait"])


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
