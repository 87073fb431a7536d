"""How long it takes to draw the largest pictures, beside writing out the same document.

The floor is ElementTree, which writes the finished picture's elements once more: no layout, no
words to fit. Both are measured in processor time of this process, in turns.
"""

import random
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from uuid import UUID
from xml.etree import ElementTree

from benchmarks.drawings import make_drawing
from benchmarks.figures import Figure, in_turns, milliseconds
from benchmarks.plan import Plan
from benchmarks.stack import Stack
from benchmarks.texts import make_title

if TYPE_CHECKING:
    from node_links.graph.subgraph import Subgraph

NEIGHBOURS = 300
STAGES, ACTIONS = 250, 3
ROUNDS = 5


def measure(stack: Stack, plan: Plan) -> Iterator[Figure]:
    """Yield the time for a neighbourhood of 300 nodes, and for a model of 1 002."""
    from function_models.canvas.document import parse_canvas
    from function_models.pictures.drawing import Heading, draw_model
    from node_links.pictures.drawing import draw_neighbourhood

    around = _neighbourhood(random.Random(7))
    yield _figure(
        f"picture of a neighbourhood, {NEIGHBOURS} nodes",
        lambda: draw_neighbourhood(subgraph=around, address_of=lambda node: "/").svg,
        limit=0.2,
    )
    canvas = parse_canvas(make_drawing(random.Random(7), STAGES, ACTIONS))
    heading = Heading("Answer a security incident", "version 1.0.0")
    yield _figure(
        f"picture of a model, {len(canvas.nodes)} nodes",
        lambda: draw_model(canvas=canvas, heading=heading).svg,
        limit=1.0,
    )


def _figure(name: str, draw: Callable[[], str], *, limit: float) -> Figure:
    root = ElementTree.fromstring(draw())  # noqa: S314 -- made by us
    ours, floor = in_turns(ROUNDS, lambda: _cost(draw), lambda: _cost(ElementTree.tostring, root))
    return Figure(
        name,
        milliseconds(ours),
        f"{milliseconds(floor)} (ElementTree writes it)",
        ours / floor,
        f"< {limit * 1000:g} ms",
        ours < limit,
    )


def _cost(work: Callable[..., object], *args: object) -> float:
    started = time.process_time()
    work(*args)
    return time.process_time() - started


def _neighbourhood(rng: random.Random) -> "Subgraph":
    from node_links.graph.nodes import GraphLink, GraphNode
    from node_links.graph.subgraph import Subgraph

    nodes = [
        GraphNode("knowledge-base", UUID(int=n + 1), None, "sop", make_title(rng), 1 + n // 40)
        for n in range(NEIGHBOURS)
    ]
    ends = [(nodes[n // 7], nodes[n], "references") for n in range(1, NEIGHBOURS)]
    ends += [(nodes[n // 3], nodes[n], "supports") for n in range(2, NEIGHBOURS, 2)]
    links = [
        GraphLink(UUID(int=n), source, target, kind, 0.5, "manual", "latest", "#3B82F6")
        for n, (source, target, kind) in enumerate(ends)
    ]
    return Subgraph(nodes, links, truncated=False)
