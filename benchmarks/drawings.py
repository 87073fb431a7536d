"""Drawings to measure with."""

import random
from typing import Any

from benchmarks.texts import make_document, make_title


def make_drawing(rng: random.Random, stages: int, actions: int) -> dict[str, Any]:
    """Return an input, `stages` stages in a row with `actions` actions each, and an output.

    It can be published: actions are left out where `actions` is 0, and those that are there refer
    to nothing.
    """
    nodes = [_node("in", "ioNode", rng, 0, boundary_type="input")]
    for number in range(stages):
        stage = f"s{number}"
        nodes.append(_node(stage, "stageNode", rng, number + 1, stage_goals=["It is done"]))
        nodes += [
            {
                **_node(f"{stage}a{order}", "kbNode", rng, order, kb_reference_id="none"),
                "parentId": stage,
            }
            for order in range(1, actions + 1)
        ]
    nodes.append(_node("out", "ioNode", rng, stages + 1, boundary_type="output"))
    row = ["in", *(f"s{number}" for number in range(stages)), "out"]
    edges = [
        {"id": f"e{number}", "source": source, "target": target}
        for number, (source, target) in enumerate(zip(row, row[1:], strict=False))
    ]
    return {"nodes": nodes, "edges": edges, "viewport": {"x": 0, "y": 0, "zoom": 1}}


def _node(key: str, kind: str, rng: random.Random, column: int, **data: Any) -> dict[str, Any]:
    said = {"name": make_title(rng)[:80], "description": make_document(rng, 500)[:200].strip()}
    if kind == "kbNode":
        said["short_description"] = "What to do, in which order, and whom to tell."
    position = {"x": (column % 100) * 90, "y": rng.randrange(800)}
    return {"id": key, "type": kind, "position": position, "data": {**said, **data}}
