"""The order of points in columns, so that few lines between them cross.

Within a column, points are ordered by the mean place of their neighbours in other columns, column
by column, back and forth (Sugiyama, Tagawa, Toda 1981).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

_SWEEPS = 4


def place_in_columns(
    pairs: Iterable[tuple[int, int]], columns: Sequence[int]
) -> Mapping[int, float]:
    """Return how far down each point stands, in rows, each column centred around 0.

    `columns` says in which column each point stands; `pairs` are the points that are joined.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for point, column in enumerate(columns):
        members[column].append(point)
    near: dict[int, list[int]] = defaultdict(list)
    for one, other in pairs:
        if columns[one] != columns[other]:
            near[one].append(other)
            near[other].append(one)
    places = {point: row for rows in members.values() for point, row in _centred(rows).items()}
    order = sorted(members, key=abs)
    for sweep in range(_SWEEPS):
        for column in order if sweep % 2 == 0 else reversed(order):
            rows = sorted(members[column], key=lambda point: (_mean(near[point], places), point))
            members[column] = rows
            places |= _centred(rows)
    return places


def _centred(rows: Sequence[int]) -> dict[int, float]:
    return {point: row - (len(rows) - 1) / 2 for row, point in enumerate(rows)}


def _mean(near: Sequence[int], places: Mapping[int, float]) -> float:
    return sum(places[point] for point in near) / len(near) if near else 0.0
