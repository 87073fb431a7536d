"""What happens to the triggers of spindles. The aggregate is the spindle."""

from typing import Any

from node_links.events.types import Absent, EventData, EventType, event_types


class Scheduled(EventData):
    """A schedule of the live version is at work; `schedule` is how it is written down."""

    workflow_id: str
    version: str
    schedule: dict[str, Any]


class ScheduleRemoved(EventData):
    """A schedule starts nothing any more."""

    workflow_id: str
    version: str
    schedule: dict[str, Any]


class ScheduleFired(EventData):
    """A schedule started a run; `planned_at` is the time it was planned for."""

    workflow_id: str
    execution_id: str
    schedule: dict[str, Any]
    planned_at: str


class EnteredError(EventData):
    """So many runs that triggers started have failed one after the other; triggers have stopped."""

    name: str
    version: str
    failures: int
    execution_id: str
    reason: str | Absent = None


_TRIGGERS: dict[str, type[EventData]] = {
    "WorkflowScheduled": Scheduled,
    "WorkflowScheduleRemoved": ScheduleRemoved,
    "ScheduledWorkflowTriggered": ScheduleFired,
    "WorkflowEnteredError": EnteredError,
}

event_types.register(*(EventType(name, data) for name, data in _TRIGGERS.items()))
