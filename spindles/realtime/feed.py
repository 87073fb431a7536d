"""What a stream of a run sends next: read with its reader's rights, in the order of happening."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from config.exceptions import NotFound
from node_links.models import NodeEvent
from node_links.realtime.callers import Caller, reenter
from spindles.choices import OPEN, ExecutionStatus
from spindles.models import Execution, ExecutionLog, ExecutionStep
from spindles.realtime.messages import (
    STATUS_AFTER,
    Position,
    ending,
    message_of_event,
    message_of_line,
    standing,
)

RESOURCE = "executions"
AT_ONCE = 500
"""So many events and lines are read in one go."""


@dataclass(slots=True)
class Batch:
    """What is to be sent; whether there is more, whether the run is at work, whether it is over."""

    messages: list[bytes] = field(default_factory=list)
    more: bool = False
    at_work: bool = False
    ended: bool = False


class RunFeed:
    """The course of one run from a position on. Its methods open a transaction of their own."""

    def __init__(self, caller: Caller, execution_id: UUID, position: Position) -> None:
        self._caller = caller
        self._execution_id = execution_id
        self._position = position
        self._told: tuple[str, int] | None = None
        self._internal: frozenset[str] = frozenset()

    def check(self) -> None:
        """Raise `NotFound` unless the reader sees the run."""
        with transaction.atomic():
            self._run()
            hidden = ExecutionStep.objects.filter(execution_id=self._execution_id, internal=True)
            self._internal = frozenset(hidden.values_list("step_id", flat=True))

    def read(self) -> Batch:
        """Return what has happened since the last time. Raises what `check` raises."""
        with transaction.atomic():
            # The run first: what was committed with the state that it shows is seen behind it.
            run = self._run()
            events = list(self._events(run))
            lines = list(self._lines())
        batch = Batch(at_work=run.status == ExecutionStatus.RUNNING)
        batch.more = AT_ONCE in (len(events), len(lines))
        if batch.more:
            # What was read to the end may be younger than what is still to come.
            events, lines = _cut(events, lines)
        for event, line in _in_turn(events, lines):
            self._add(batch, event, line)
        if batch.more:
            return batch
        now = (run.status, run.settled_steps)
        if now != self._told:
            batch.messages.append(standing(run, self._position))
            self._told = now
        if run.status not in OPEN:
            batch.messages.append(ending(run, self._position))
            batch.ended = True
        return batch

    def _add(self, batch: Batch, event: NodeEvent | None, line: ExecutionLog | None) -> None:
        message: bytes | None = None
        if event is not None:
            message, self._position = message_of_event(event, self._position)
            if event.data.get("step_id") in self._internal:
                message = None
            if event.event_type in STATUS_AFTER:
                self._told = None
        elif line is not None:
            message, self._position = message_of_line(line, self._position)
        if message is not None:
            batch.messages.append(message)

    def _run(self) -> Execution:
        actor = reenter(self._caller, RESOURCE)
        rows = Execution.objects.visible_to(actor).without_content()
        run = rows.filter(pk=self._execution_id).first()
        if run is None:
            raise NotFound()
        return run

    def _events(self, run: Execution) -> Iterator[NodeEvent]:
        rows = NodeEvent.objects.filter(
            organization_id=run.organization_id,
            feature_type=Execution.feature_type,
            entity_id=run.pk,
            sequence__gt=self._position.sequence,
        )
        return iter(rows.order_by("sequence")[:AT_ONCE])

    def _lines(self) -> Iterator[ExecutionLog]:
        rows = ExecutionLog.objects.filter(
            execution_id=self._execution_id, pk__gt=self._position.line
        )
        return iter(rows.order_by("pk")[:AT_ONCE])


Entry = tuple[NodeEvent | None, ExecutionLog | None]


def _in_turn(events: list[NodeEvent], lines: list[ExecutionLog]) -> Iterator[Entry]:
    """Yield events and lines in the order of their times, each kind in its own order."""
    both: Iterator[Entry] = heapq.merge(
        ((event, None) for event in events), ((None, line) for line in lines), key=_moment
    )
    return both


def _moment(entry: Entry) -> datetime:
    event, line = entry
    if event is not None:
        return event.timestamp
    if line is not None:
        return line.at
    raise ValueError("An entry is an event or a line.")


def _cut(
    events: list[NodeEvent], lines: list[ExecutionLog]
) -> tuple[list[NodeEvent], list[ExecutionLog]]:
    """Leave out what is younger than the end of what was not read to its end."""
    ends = []
    if len(events) == AT_ONCE:
        ends.append(events[-1].timestamp)
    if len(lines) == AT_ONCE:
        ends.append(lines[-1].at)
    last = min(ends)
    return [e for e in events if e.timestamp <= last], [one for one in lines if one.at <= last]
