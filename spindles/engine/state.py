"""A run in memory: its row, its plan, its steps, and what has changed since they were read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.actors import Actor
from accounts.choices import Role
from config.logging import redacted
from node_links.events.recording import NewEvent
from spindles.choices import SETTLED, LogLevel, StepStatus
from spindles.models import Execution
from spindles.plans.plan import Plan, Step

FEATURE = "execution"
ROW = (
    "status",
    "status_reason",
    "inputs",
    "outputs",
    "error",
    "context",
    "settled_steps",
    "total_steps",
    "match_percent",
    "divergences",
    "worker",
    "started_at",
    "completed_at",
    "deadline_at",
    "revision",
    "wake_at",
    "holds_slot",
    "queued_at",
    "snapshot_at",
    "last_snapshot",
    "cost_usd",
)
"""The columns of a run that change."""
# What changes without meaning anything to whoever has read the run.
_QUIET = ("worker", "revision", "wake_at", "settled_steps")
_TELLING = tuple(name for name in ROW if name not in _QUIET)

UNREAD: Any = object()
"""Stands for an output that has been left in the database."""


@dataclass(slots=True)
class StepState:
    """Where a step stands: a row of `execution_steps`, without what is rarely asked for."""

    step_id: str
    position: int
    kind: str
    name: str
    internal: bool = False
    item_of: str | None = None
    item_index: int | None = None
    status: str = StepStatus.PENDING
    reason: str | None = None
    note: str = ""
    attempt: int = 0
    retry_count: int = 0
    failures: int = 0
    interruptions: int = 0
    known_outcomes: int = 0
    last_try: bool = False
    output_file: str = ""
    output_hash: str = ""
    output_bytes: int = 0
    used: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    worker: str = ""
    lease_until: datetime | None = None
    wait_kind: str | None = None
    wait: dict[str, Any] = field(default_factory=dict)
    wait_until: datetime | None = None
    wait_event: str | None = None
    wait_child: str | None = None
    next_attempt_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    output: Any = UNREAD
    item: Any = None
    input: Any = UNREAD

    @property
    def settled(self) -> bool:
        """Whether it has come to an end."""
        return self.status in SETTLED

    @property
    def at_work(self) -> bool:
        """Whether it has begun and not ended."""
        return self.status in (StepStatus.RUNNING, StepStatus.WAITING)


@dataclass(slots=True)
class Change:
    """What has to be written when the transaction ends."""

    steps: dict[str, StepState] = field(default_factory=dict)
    new_steps: list[StepState] = field(default_factory=list)
    attempts: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    logs: list[dict[str, Any]] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    snapshot: bool = False


class Run:
    """A run whose row is locked until the transaction ends; `now` is the database's clock."""

    def __init__(self, row: Execution, plan: Plan, now: datetime) -> None:
        self.row = row
        self.plan = plan
        self.now = now
        self.steps: dict[str, StepState] = {}
        self._items: dict[str, list[StepState]] = {}
        self.change = Change()
        self.stirred: dict[str, StepState] = {}
        self._noted: tuple[Any, ...] = ()

    def note_row(self) -> None:
        """Remember what the row says in the database."""
        self._noted = self._telling()

    @property
    def has_changed(self) -> bool:
        """Whether there is anything to write; the moment of the next look alone is not."""
        return self.change != Change() or self._noted != self._telling()

    def _telling(self) -> tuple[Any, ...]:
        return tuple(getattr(self.row, name) for name in _TELLING)

    @property
    def actor(self) -> Actor:
        """In whose name the run works: who started it, with the rights that the run was given."""
        return Actor(self.row.started_by_id, self.row.organization_id, Role.OWNER)

    def put(self, steps: Iterable[StepState]) -> None:
        """Take steps as they were read."""
        for step in steps:
            known = step.step_id in self.steps
            self.steps[step.step_id] = step
            if step.item_of is None:
                continue
            items = self._items.setdefault(step.item_of, [])
            if known:
                items[step.item_index or 0] = step
            else:
                items.append(step)

    def items_of(self, step_id: str) -> list[StepState]:
        """Return the steps of the items of a map, in their order."""
        return self._items.get(step_id, [])

    @property
    def maps(self) -> list[StepState]:
        """The maps that wait for their items."""
        owners = (self.steps[name] for name in self._items)
        return [owner for owner in owners if owner.status == StepStatus.WAITING]

    def drawn(self) -> Iterator[StepState]:
        """Yield the steps of the plan, in its order; items of maps are none of them."""
        return (self.steps[step.id] for step in self.plan.steps)

    def definition(self, step: StepState) -> Step:
        """Return what the plan says of a step; an item runs by its map's."""
        if step.item_of is None:
            return self.plan.by_id[step.step_id]
        owner = self.plan.by_id[step.item_of]
        mapped = self.steps[step.item_of].wait
        return owner.model_copy(
            update={
                "id": step.step_id,
                "kind": step.kind,
                "params": mapped["params"],
                "depends_on": (),
                "condition": None,
                "guards": (),
                "group": None,
            }
        )

    def touch(self, step: StepState) -> None:
        """Note that a step has changed."""
        self.change.steps[step.step_id] = step
        self.stirred[step.step_id] = step

    def take_stirred(self) -> list[StepState]:
        """Return the steps that have changed since this was asked last."""
        found, self.stirred = list(self.stirred.values()), {}
        return found

    def add_item(self, step: StepState) -> None:
        """Add the step of an item."""
        self.change.new_steps.append(step)
        self.put([step])

    def record(self, event_type: str, data: dict[str, Any], step: StepState | None = None) -> None:
        """Note an event of this run, or of one of its steps; internal steps are nobody's news."""
        if step is not None:
            if step.internal:
                return
            data = {"step_id": step.step_id, **data}
        node_id = step.step_id if step is not None else None
        data = {"execution_id": str(self.row.pk), **data}
        self.change.events.append(NewEvent(FEATURE, self.row.pk, event_type, data, node_id))

    def record_run(self, event_type: str, **data: Any) -> None:
        """Note an event of the run as a whole."""
        self.record(event_type, {**told_of_run(self.row), **data})

    def log(
        self,
        level: LogLevel,
        message: str,
        step: StepState | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """Note a line of the log."""
        self.change.logs.append(
            {
                "at": self.now,
                "level": str(level),
                "step_id": step.step_id if step is not None else None,
                "attempt": step.attempt or None if step is not None else None,
                "message": message,
                "data": redacted(data or {}),
            }
        )


def told_of_run(row: Execution) -> dict[str, Any]:
    """Return what every event of a run as a whole says: what ran, for what, and by whom."""
    return {
        "workflow_id": str(row.source_id),
        "source_feature": row.source_feature,
        "name": row.source_name,
        "environment": str(row.environment),
        "trigger": str(row.trigger_kind),
        "user_id": str(row.started_by_id) if row.started_by_id else None,
        "parent_execution_id": str(row.parent_id) if row.parent_id else None,
        "replay_of": str(row.replay_of_id) if row.replay_of_id else None,
    }
