"""Pictures of a run: its timeline, and its path over what runs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count

from node_links.pictures.picture import Picture
from spindles.choices import StepStatus
from spindles.models import Execution, ExecutionAttempt, ExecutionStep
from spindles.pictures.lanes import MOST_LANES
from spindles.pictures.paths import run_pictures
from spindles.pictures.states import states_of, why
from spindles.pictures.timed import TimedRun, TimedStep, Try
from spindles.pictures.timeline import draw_timeline, summarise
from spindles.services.plans import load_plan

MOST_ITEMS = 600
"""So many items of all maps of a level are drawn; the others are counted."""
MOST_DEPTH = 4
"""Runs further below are on the timelines of those above them."""
HANDING_OVER = frozenset({"delay", "wait_event", "human_task", "sub_execution", "map"})
"""Kinds whose tries wait for something from their beginning on."""

_STEP_FIELDS = (
    "id", "execution_id", "position", "step_id", "kind", "name", "internal", "item_of",
    "item_index", "status", "reason", "attempt", "wait_kind", "wait_until", "started_at",
    "completed_at", "note", "error",
)  # fmt: skip


@dataclass(slots=True)
class _Level:
    """Runs of one depth with everything of them that is drawn, by the run's id."""

    runs: Sequence[Execution]
    steps: dict[UUID, list[ExecutionStep]] = field(default_factory=lambda: defaultdict(list))
    items: dict[tuple[UUID, str], list[ExecutionStep]] = field(
        default_factory=lambda: defaultdict(list)
    )
    item_counts: Mapping[tuple[UUID, str], int] = field(default_factory=dict)
    attempts: dict[tuple[UUID, str], list[ExecutionAttempt]] = field(
        default_factory=lambda: defaultdict(list)
    )


def draw_run_timeline(*, execution: Execution, now: datetime, headed: bool = True) -> Picture:
    """Return the timeline of a run as it stands at `now`, with the runs that it started."""
    return draw_timeline(run=read_timed_run(execution), now=now, headed=headed)


def draw_run_path(*, execution: Execution, now: datetime, headed: bool = True) -> Picture:
    """Return how far a run came on the drawing of what runs: its feature's own, or its plan."""
    plan = load_plan(execution.plan)
    rows = ExecutionStep.objects.filter(execution=execution, item_of=None).only(*_STEP_FIELDS)
    return run_pictures.draw(
        execution=execution,
        plan=plan,
        states=states_of(plan, list(rows)),
        summary=summarise(_run(execution, ()), now),
        headed=headed,
    )


def read_timed_run(execution: Execution) -> TimedRun:
    """Return a run and the runs below it as the timeline shows them.

    The number of queries grows with the depth of the runs and with nothing else.
    """
    levels: list[_Level] = []
    runs: Sequence[Execution] = [execution]
    while runs and len(levels) < MOST_DEPTH:
        levels.append(_read_level(runs))
        runs = _children(runs)
    below: dict[tuple[UUID | None, str | None], list[TimedRun]] = {}
    for level in reversed(levels):
        found = defaultdict(list)
        for run in level.runs:
            found[run.parent_id, run.parent_step_id].append(_timed(run, level, below))
        below = found
    return below[execution.parent_id, execution.parent_step_id][0]


def _children(runs: Iterable[Execution]) -> list[Execution]:
    found = Execution.objects.filter(parent__in=[run.pk for run in runs]).select_related("plan")
    return list(found.defer("inputs", "outputs", "context").order_by("created_at")[:MOST_LANES])


def _read_level(runs: Sequence[Execution]) -> _Level:
    """Read the steps, items and tries of runs: at most five queries."""
    level = _Level(runs)
    ids = [run.pk for run in runs]
    steps = ExecutionStep.objects.filter(execution__in=ids).only(*_STEP_FIELDS)
    plain = list(steps.filter(item_of=None).order_by("position", "id")[: len(ids) * MOST_LANES])
    for step in plain:
        level.steps[step.execution_id].append(step)
    items = list(steps.exclude(item_of=None).order_by("position", "item_index")[: MOST_ITEMS + 1])
    for item in items[:MOST_ITEMS]:
        level.items[item.execution_id, str(item.item_of)].append(item)
    if len(items) > MOST_ITEMS:
        counted = steps.exclude(item_of=None).order_by().values_list("execution_id", "item_of")
        level.item_counts = {
            (known, str(item_of)): count
            for known, item_of, count in counted.annotate(count=Count("id"))
        }
    shown = {step.step_id for step in (*plain, *items)}
    tries = ExecutionAttempt.objects.filter(execution__in=ids, step_id__in=shown)
    for attempt in tries.order_by("number"):
        level.attempts[attempt.execution_id, attempt.step_id].append(attempt)
    return level


def _timed(
    run: Execution,
    level: _Level,
    below: Mapping[tuple[UUID | None, str | None], Sequence[TimedRun]],
) -> TimedRun:
    reader = _StepReader(run, level, below)
    return _run(run, reader.steps())


class _StepReader:
    """Turns the rows of one run into steps, those of a part below the step that closes it."""

    def __init__(
        self,
        run: Execution,
        level: _Level,
        below: Mapping[tuple[UUID | None, str | None], Sequence[TimedRun]],
    ) -> None:
        self._run, self._level, self._below = run, level, below
        self._rows = {row.step_id: row for row in level.steps[run.pk]}
        self._planned = {step["id"]: step for step in run.plan.content.get("steps", ())}
        self._closers = {
            step["closes"]: known
            for known, step in self._planned.items()
            if step.get("closes") in self._rows and known in self._rows
        }

    def steps(self) -> list[TimedStep]:
        """Return the steps in the order of the plan."""
        inside: defaultdict[str | None, list[str]] = defaultdict(list)
        closers = set(self._closers.values())
        for known, row in self._rows.items():
            parent = self._planned.get(known, {}).get("parent")
            parent = parent if parent in self._closers else None
            if known in self._closers:
                # A part stands where it is opened.
                inside[parent].append(self._closers[known])
            elif known not in closers and not row.internal:
                inside[parent].append(known)
        parts = {closer: inside[opener] for opener, closer in self._closers.items()}
        return [self._step(known, parts) for known in inside[None]]

    def _step(self, known: str, parts: Mapping[str, Sequence[str]]) -> TimedStep:
        row, planned = self._rows[known], self._planned.get(known, {})
        items = self._level.items.get((self._run.pk, known), [])
        total = self._level.item_counts.get((self._run.pk, known), len(items))
        waited_for = (self._rows.get(one) for one in planned.get("depends_on", ()))
        step = _step(
            row,
            self._level,
            ready_at=self._ready_at(one.completed_at for one in waited_for if one is not None),
            items=[_step(item, self._level) for item in items],
            more_items=total - len(items),
            runs=self._below.get((self._run.pk, known), ()),
        )
        opener = self._rows.get(planned.get("closes") or "")
        if opener is None:
            return step
        opened_at = opener.completed_at if opener.status == StepStatus.COMPLETED else None
        return replace(
            step,
            status=StepStatus.RUNNING if opened_at and row.status == StepStatus.PENDING
            else row.status,
            inside=[self._step(one, parts) for one in parts[known]],
            opened_at=opened_at,
        )  # fmt: skip

    def _ready_at(self, ends: Iterable[datetime | None]) -> datetime | None:
        """Return the last end of what a step waited for; outcomes taken over are older."""
        known = [moment for moment in ends if moment is not None]
        begun = self._run.started_at or self._run.created_at
        return max([begun, *known]) if known else None


def _run(run: Execution, steps: Sequence[TimedStep]) -> TimedRun:
    return TimedRun(
        name=run.source_name,
        version=f"{run.source_version} (draft)" if run.is_draft else run.source_version,
        status=run.status,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.completed_at,
        environment=run.environment,
        settled=run.settled_steps,
        total=run.total_steps,
        steps=steps,
        more_steps=max(run.total_steps - len(steps), 0) if len(steps) >= MOST_LANES else 0,
    )


def _step(row: ExecutionStep, level: _Level, **more: Any) -> TimedStep:
    return TimedStep(
        id=row.step_id,
        name=row.name if row.item_index is None else f"{row.name} [{row.item_index}]",
        kind=row.kind,
        status=row.status,
        tries=[_try(row, one) for one in level.attempts.get((row.execution_id, row.step_id), ())],
        end=row.completed_at,
        note=why(row),
        **more,
    )


def _try(step: ExecutionStep, row: ExecutionAttempt) -> Try:
    end = None
    if row.duration_ms is not None:
        end = row.started_at + timedelta(milliseconds=row.duration_ms)
    handed = step.kind in HANDING_OVER
    if end is None and row.number == step.attempt:
        handed = step.status == StepStatus.WAITING
    code = str((row.error or {}).get("code", ""))
    return Try(row.number, row.status, row.started_at, end, code, handed)
