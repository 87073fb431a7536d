"""The elementary cycles of a directed graph, shortest first, without making all of them.

There may be more cycles than atoms, and rustworkx's `simple_cycles` (Johnson's algorithm) makes
them in no useful order and of any length. Here they come by length, then by their nodes, so that
whoever takes the first thousand has *the* first thousand. What cannot lie on a cycle is cut away
before: arrows from or to dead ends, and arrows between strongly connected components.
"""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import rustworkx

_COMPONENTS_UP_TO = 200_000
"""With more arrows than this, making the components costs more memory than it saves time."""


class OutOfTime(Exception):
    """The deadline has passed; the cycles found until then are all that there will be."""


def elementary_cycles(
    sources: Any, targets: Any, size: int, *, max_length: int, deadline: float
) -> Iterator[list[int]]:
    """Yield each elementary cycle of 2..`max_length` arrows once, beginning with its least node.

    They come by length, then by their nodes. No arrow may be given twice or lead to itself.

    Args:
        sources, targets: numbers of the entities, 0..`size` - 1, as numpy arrays.
        deadline: a moment of `time.monotonic()`.

    Raises:
        OutOfTime: the deadline has passed.
    """
    sources, targets = _within_components(*_without_dead_ends(sources, targets, size), size)
    if not len(sources):
        return
    yield from _pairs(sources, targets, size)
    onward, back = _Rows(sources, targets, size), _Rows(targets, sources, size)
    starts = np.unique(sources).tolist()
    for length in range(3, min(max_length, size) + 1):
        for start in starts:
            if time.monotonic() > deadline:
                raise OutOfTime
            yield from _cycles_of(onward, back, start, length, deadline)


def _pairs(sources: Any, targets: Any, size: int) -> Iterator[list[int]]:
    """Yield the cycles of two arrows."""
    there = sources * size + targets
    both_ways = np.isin(there, targets * size + sources) & (sources < targets)
    for code in np.sort(there[both_ways]).tolist():
        yield [code // size, code % size]


class _Rows:
    """The other ends of the arrows of each entity, in order: compressed sparse rows."""

    def __init__(self, here: Any, there: Any, size: int) -> None:
        order = np.lexsort((there, here))
        self._there = there[order].astype(np.int32)
        self._begin = np.concatenate([[0], np.cumsum(np.bincount(here, minlength=size))])

    def above(self, number: int, least: int) -> list[int]:
        """Return the other ends that are greater than `least`, ascending."""
        row = self._there[self._begin[number] : self._begin[number + 1]]
        found: list[int] = row[np.searchsorted(row, least, side="right") :].tolist()
        return found


def _cycles_of(
    onward: _Rows, back: _Rows, start: int, length: int, deadline: float
) -> Iterator[list[int]]:
    """Yield the cycles of exactly `length` arrows whose least node is `start`, by their nodes."""
    # Half of the way is looked at from its end: the whole of it would cost more than it spares.
    sight = length // 2
    home = _ways_home(back, start, sight)
    if not home:
        return

    def onward_from(place: int, left: int) -> Iterator[int]:
        """Return the entities after `place` from which `left` arrows may lead home."""
        choices = onward.above(place, start)
        if left > sight:
            return iter(choices)
        return iter([one for one in choices if home.get(one, left + 1) <= left])

    path = [start]
    on_path = {start}
    open_choices = [onward_from(start, length - 1)]
    while open_choices:
        if time.monotonic() > deadline:
            raise OutOfTime
        choice = next(open_choices[-1], None)
        if choice is None:
            open_choices.pop()
            on_path.discard(path.pop())
            continue
        if choice in on_path:
            continue
        left = length - len(path) - 1
        if left == 0:
            if home[choice] == 1:
                yield [*path, choice]
            continue
        path.append(choice)
        on_path.add(choice)
        open_choices.append(onward_from(choice, left))


def _ways_home(back: _Rows, start: int, farthest: int) -> dict[int, int]:
    """Return {entity: number of arrows to `start`} over entities greater than it."""
    home: dict[int, int] = {}
    frontier = [start]
    for distance in range(1, farthest + 1):
        fresh = []
        for place in frontier:
            for one in back.above(place, start):
                if one not in home:
                    home[one] = distance
                    fresh.append(one)
        frontier = fresh
    return home


def _without_dead_ends(sources: Any, targets: Any, size: int) -> tuple[Any, Any]:
    """Return the arrows whose source is a target as well, and the other way round."""
    while True:
        leaves = np.bincount(sources, minlength=size) > 0
        arrives = np.bincount(targets, minlength=size) > 0
        kept = arrives[sources] & leaves[targets]
        if kept.all():
            return sources, targets
        sources, targets = sources[kept], targets[kept]


def _within_components(sources: Any, targets: Any, size: int) -> tuple[Any, Any]:
    """Return the arrows inside strongly connected components."""
    if not 0 < len(sources) <= _COMPONENTS_UP_TO:
        return sources, targets
    graph: rustworkx.PyDiGraph[None, None] = rustworkx.PyDiGraph()
    graph.add_nodes_from([None] * size)
    graph.add_edges_from_no_data(list(zip(sources.tolist(), targets.tolist(), strict=True)))
    component = np.empty(size, dtype=np.int64)
    for number, members in enumerate(rustworkx.strongly_connected_components(graph)):
        component[list(members)] = number
    kept = component[sources] == component[targets]
    return sources[kept], targets[kept]
