"""What is sent of a run: `status`, `step`, `log` and `end`.

The id of a message is `<sequence>-<line>`: the number of the last event of the run that was sent,
and the id of the last line of its log. Both only rise, in the order of the commits, because
whoever changes a run holds the lock of its row: so nothing is lost between two ids.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

import orjson

from config.live import sse
from node_links.models import NodeEvent
from spindles.choices import ExecutionStatus, StepStatus
from spindles.models import Execution, ExecutionLog

_POSITION = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")

STATUS_AFTER = {
    "WorkflowExecutionStarted": ExecutionStatus.PENDING,
    "WorkflowExecutionCompleted": ExecutionStatus.COMPLETED,
    "WorkflowExecutionFailed": ExecutionStatus.FAILED,
    "WorkflowExecutionCancelled": ExecutionStatus.CANCELLED,
    "WorkflowExecutionPaused": ExecutionStatus.PAUSED,
    "WorkflowExecutionResumed": ExecutionStatus.RUNNING,
}
_STEP_AFTER = {
    "StepExecutionStarted": StepStatus.RUNNING,
    "StepExecutionCompleted": StepStatus.COMPLETED,
    "StepExecutionRetried": StepStatus.PENDING,
    "StepExecutionSkipped": StepStatus.SKIPPED,
    "StepExecutionWaiting": StepStatus.WAITING,
}
# Everybody who listens has asked for the run by its id; inputs and outputs are read there.
_LEFT_OUT = ("execution_id", "workflow_id", "source_feature", "inputs", "outputs")


@dataclass(frozen=True, slots=True)
class Position:
    """How far a stream has come: the last event's number and the last line's id."""

    sequence: int = 0
    line: int = 0

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Return the position that `text` names. Raises `ValueError`."""
        found = _POSITION.fullmatch(text)
        if found is None:
            raise ValueError("This is no id of a message.")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        """Return it as the id of a message."""
        return f"{self.sequence}-{self.line}"


def message_of_event(event: NodeEvent, before: Position) -> tuple[bytes | None, Position]:
    """Return what is sent of an event of a run, and the position after it.

    Nothing is sent of events that are neither of the run as a whole nor of a step.
    """
    after = replace(before, sequence=event.sequence)
    kept = {name: value for name, value in event.data.items() if name not in _LEFT_OUT}
    told = {**kept, "event_type": event.event_type, "at": event.timestamp}
    if event.event_type in STATUS_AFTER:
        name, told["status"] = "status", STATUS_AFTER[event.event_type]
    elif event.event_type in _STEP_AFTER:
        name, told["status"] = "step", _STEP_AFTER[event.event_type]
    elif event.event_type == "StepExecutionFailed":
        again = event.data.get("will_retry")
        name, told["status"] = "step", StepStatus.PENDING if again else StepStatus.FAILED
    else:
        return None, after
    return _message(name, told, after), after


def message_of_line(line: ExecutionLog, before: Position) -> tuple[bytes, Position]:
    """Return what is sent of a line of the log, and the position after it."""
    after = replace(before, line=line.pk)
    names = ("at", "level", "step_id", "attempt", "message", "data")
    return _message("log", {name: getattr(line, name) for name in names}, after), after


def standing(run: Execution, position: Position) -> bytes:
    """Return the message that says where a run stands now."""
    return _message("status", _standing(run), position)


def ending(run: Execution, position: Position) -> bytes:
    """Return the last message of a run that is over."""
    told = {
        **_standing(run),
        "error": run.error,
        "completed_at": run.completed_at,
        "duration_seconds": run.duration_seconds,
    }
    return _message("end", told, position)


def _standing(run: Execution) -> dict[str, Any]:
    return {
        "execution_id": run.pk,
        "status": run.status,
        "status_reason": run.status_reason or None,
        "progress": run.progress,
    }


def _message(name: str, told: dict[str, Any], position: Position) -> bytes:
    data = orjson.dumps(told, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
    return sse.message(data, event=name, event_id=str(position))
