"""A map by springs, for neighbourhoods too large for columns.

Force-directed placement (Fruchterman, Reingold 1991) with a fixed seed, so that the same graph has
the same map; then boxes that overlap are pushed apart, as labels must not cover each other.
"""

import math
from typing import TYPE_CHECKING

from node_links.pictures.boxes import Box, Layout
from node_links.pictures.sketch import Sketch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Points = NDArray[np.float64]
    Numbers = NDArray[np.intp]

WIDTH, HEIGHT = 118.0, 66.0
_GAP = 8.0
_ROOM = (WIDTH + _GAP, HEIGHT + _GAP)
_SEED = 20
_ROUNDS = 60
_PUSHES = 80
# Somewhat more than half of the way, so that crowds come apart in few rounds.
_SHARE = 0.55
# How much of the sheet the boxes cover, and how much wider than high it is.
_COVERED = 0.5
_STRETCH = 1.5


def spread(sketch: Sketch) -> Layout:
    """Return a layout without overlaps."""
    # Loaded where they are used: most requests draw nothing.
    import numpy as np
    import rustworkx as rx

    count = len(sketch.nodes)
    graph: rx.PyGraph[int, None] = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(count))
    graph.add_edges_from_no_data(sketch.pairs)
    found = rx.spring_layout(
        graph, pos=_rings(sketch), seed=_SEED, num_iter=_ROUNDS, repulsive_exponent=2
    )
    points = np.array([found[point] for point in range(count)], dtype=np.float64)
    points = _pushed_apart(_scaled(points))
    return Layout([Box(float(x), float(y), WIDTH, HEIGHT) for x, y in points])


def _rings(sketch: Sketch) -> dict[int, tuple[float, float]]:
    """Return where the springs begin: on rings around the node asked about."""
    golden = math.pi * (3 - math.sqrt(5))
    return {
        point: (
            node.distance * math.cos(point * golden) + 0.001 * point,
            node.distance * math.sin(point * golden),
        )
        for point, node in enumerate(sketch.nodes)
    }


def _scaled(points: "Points") -> "Points":
    """Return the points on a sheet that has room for all of their boxes."""
    import numpy as np

    area = len(points) * _ROOM[0] * _ROOM[1] / _COVERED
    height = math.sqrt(area / _STRETCH)
    spans = np.maximum(np.ptp(points, axis=0), 1e-9)
    scaled: Points = (points - points.mean(axis=0)) / spans * [height * _STRETCH, height]
    return scaled


def _pushed_apart(points: "Points") -> "Points":
    """Move boxes that overlap away from each other, each half of the shorter way."""
    import numpy as np

    above = np.triu(np.ones((len(points), len(points)), dtype=bool), k=1)
    for _ in range(_PUSHES):
        across = points[:, None, 0] - points[None, :, 0]
        down = points[:, None, 1] - points[None, :, 1]
        touching = (np.abs(across) < _ROOM[0]) & (np.abs(down) < _ROOM[1]) & above
        ones, others = np.nonzero(touching)
        if not len(ones):
            break
        _push(points, ones, others, np.stack([across[ones, others], down[ones, others]], axis=1))
    return points


def _push(points: "Points", ones: "Numbers", others: "Numbers", apart: "Points") -> None:
    import numpy as np

    short = np.array(_ROOM) - np.abs(apart)
    shorter = short[:, 0] <= short[:, 1]
    # Two at the very same place part as well: the first to the left or upwards.
    sign = np.where(apart == 0, -1.0, np.sign(apart))
    push = sign * short * np.stack([shorter, ~shorter], axis=1) * _SHARE
    np.add.at(points, ones, push)
    np.add.at(points, others, -push)
