"""What happens to runs, their steps and snapshots: the same for whatever runs.

The aggregate is the run; `workflow_id` and `source_feature` say what runs.
"""

from typing import Any

from node_links.events.types import Absent, EventData, EventType, event_types


class RunEvent(EventData):
    """Of a run: what ran, and for what; `user_id` has started it, by `trigger`."""

    execution_id: str
    workflow_id: str
    source_feature: str
    name: str | Absent = None
    environment: str | Absent = None
    trigger: str | Absent = None
    user_id: str | Absent = None
    parent_execution_id: str | Absent = None
    replay_of: str | Absent = None


class RunStarted(RunEvent):
    """A run was asked for."""

    workflow_version: str
    inputs: dict[str, Any]


class RunCompleted(RunEvent):
    """A run came to a good end; outputs above 64 KB are left to be read from the run."""

    outputs: dict[str, Any]
    outputs_omitted: bool | Absent = None
    duration_seconds: float


class RunFailed(RunEvent):
    """A run ended with failed steps, or ran out of time."""

    error: dict[str, Any]
    failed_step_ids: list[str]


class RunCancelled(RunEvent):
    """Somebody stopped a run for good."""

    cancelled_by: str | Absent = None
    reason: str | Absent = None


class RunPaused(RunEvent):
    """A run holds still."""

    reason: str | Absent = None


class RunResumed(RunEvent):
    """A run goes on, `snapshot` where it went back to one before."""

    snapshot: int | Absent = None


class StepEvent(EventData):
    """Of a step of a run."""

    execution_id: str
    step_id: str


class StepStarted(StepEvent):
    """A try of a step began."""

    kind: str
    attempt: int
    agent_id: str | Absent = None


class StepCompleted(StepEvent):
    """A step came to a good end."""

    output_hash: str
    duration_seconds: float


class StepFailed(StepEvent):
    """A try failed."""

    error: dict[str, Any]
    retry_count: int
    will_retry: bool


class StepRetried(StepEvent):
    """A step is tried again in `delay` seconds."""

    retry_count: int
    delay: float


class StepSkipped(StepEvent):
    """A step does not run."""

    reason: str


class StepWaiting(StepEvent):
    """A step waits for something, at most `until`."""

    waits_for: str
    until: str | Absent = None


class StepAssigned(StepEvent):
    """A step that waits for a person was given to others, who are named by id."""

    assignees: list[str]
    assigned_by: str | Absent = None


class CheckpointCreated(EventData):
    """It was written down where a run stands; `completion` in percent."""

    execution_id: str
    number: int
    completion: float
    budget_consumed: float | Absent = None


class CheckpointRestored(EventData):
    """A run went back to where it stood."""

    execution_id: str
    number: int
    reason: str | Absent = None


class CheckpointDeleted(EventData):
    """A snapshot was removed."""

    execution_id: str
    number: int


class CheckpointFailed(EventData):
    """A snapshot was no good."""

    execution_id: str
    number: int
    reason: str


_RUNS: dict[str, type[EventData]] = {
    "WorkflowExecutionStarted": RunStarted,
    "WorkflowExecutionCompleted": RunCompleted,
    "WorkflowExecutionFailed": RunFailed,
    "WorkflowExecutionCancelled": RunCancelled,
    "WorkflowExecutionPaused": RunPaused,
    "WorkflowExecutionResumed": RunResumed,
    "StepExecutionStarted": StepStarted,
    "StepExecutionCompleted": StepCompleted,
    "StepExecutionFailed": StepFailed,
    "StepExecutionRetried": StepRetried,
    "StepExecutionSkipped": StepSkipped,
    "StepExecutionWaiting": StepWaiting,
    "StepExecutionAssigned": StepAssigned,
    "CheckpointCreated": CheckpointCreated,
    "CheckpointRestored": CheckpointRestored,
    "CheckpointDeleted": CheckpointDeleted,
    "CheckpointFailed": CheckpointFailed,
}

event_types.register(*(EventType(name, data) for name, data in _RUNS.items()))
