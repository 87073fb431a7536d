"""The steps of a run as they are read: with every try, and the items of maps inside them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from config.exceptions import NotFound
from spindles.models import Execution, ExecutionAttempt, ExecutionStep
from spindles.runs.outputs import read_output

MOST_ITEMS = 100
"""So many items of a map are told inside it; the others by `item_of`."""

MOST_BYTES = 8 * 1024 * 1024
"""So many bytes of outputs are read from files for one list."""


@dataclass(slots=True)
class ShownStep:
    """A step with what belongs to it.

    `omitted` says that its output is too large for a list; it is told where the step alone is
    asked for. `item_counts` tells how many items of a map are in which state.
    """

    row: ExecutionStep
    attempts: list[ExecutionAttempt]
    output: Any = None
    omitted: bool = False
    items: list["ShownStep"] = field(default_factory=list)
    item_counts: dict[str, int] = field(default_factory=dict)


def steps_of(execution: Execution, *, item_of: str | None = None) -> QuerySet[ExecutionStep]:
    """Return the steps of a run in the order of their declaration, or the items of one map.

    Those that only hold the plan together are left out.
    """
    rows = ExecutionStep.objects.filter(execution=execution, internal=False)
    if item_of is None:
        return rows.filter(item_of=None).order_by("position", "id")
    return rows.filter(item_of=item_of).order_by("item_index", "id")


def show_steps(execution: Execution, rows: Sequence[ExecutionStep]) -> list[ShownStep]:
    """Return `rows` with their tries, items and outputs, by a constant number of queries."""
    maps = [row.step_id for row in rows if row.item_of is None]
    items = list(
        ExecutionStep.objects.filter(
            execution=execution, item_of__in=maps, item_index__lt=MOST_ITEMS
        ).order_by("item_index", "id")
    )
    counts = _count_items(execution, maps) if items else {}
    attempts = _attempts(execution, [*rows, *items])
    room = [MOST_BYTES]
    inside: defaultdict[str, list[ShownStep]] = defaultdict(list)
    for item in items:
        inside[str(item.item_of)].append(_show(item, attempts, room))
    shown = [_show(row, attempts, room) for row in rows]
    for one in shown:
        one.items = inside.get(one.row.step_id, [])
        one.item_counts = counts.get(one.row.step_id, {})
    return shown


def show_step(execution: Execution, step_id: str) -> ShownStep:
    """Return one step with its whole output. Raises `NotFound`."""
    row = ExecutionStep.objects.filter(execution=execution, step_id=step_id, internal=False).first()
    if row is None:
        raise NotFound()
    (shown,) = show_steps(execution, [row])
    if shown.omitted:
        shown.output, shown.omitted = read_output(row), False
    return shown


def _show(
    row: ExecutionStep, attempts: dict[str, list[ExecutionAttempt]], room: list[int]
) -> ShownStep:
    shown = ShownStep(row, attempts.get(row.step_id, []))
    if row.output_file and row.output_bytes > room[0]:
        shown.omitted = True
    else:
        room[0] -= row.output_bytes if row.output_file else 0
        shown.output = read_output(row)
    return shown


def _attempts(
    execution: Execution, rows: Iterable[ExecutionStep]
) -> dict[str, list[ExecutionAttempt]]:
    found: defaultdict[str, list[ExecutionAttempt]] = defaultdict(list)
    ids = [row.step_id for row in rows]
    for attempt in ExecutionAttempt.objects.filter(execution=execution, step_id__in=ids).order_by(
        "step_id", "number"
    ):
        found[attempt.step_id].append(attempt)
    return found


def _count_items(execution: Execution, maps: Sequence[str]) -> dict[str, dict[str, int]]:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    rows = ExecutionStep.objects.filter(execution=execution, item_of__in=maps)
    counted = rows.order_by().values_list("item_of", "status").annotate(count=Count("id"))
    for map_id, status, count in counted:
        found[str(map_id)][status] = count
    return found
