"""Nodes of other tools as nodes of ours."""

import math
import re
from collections import Counter
from typing import Any

from pydantic import ValidationError

from function_models.canvas.document import KINDS
from function_models.canvas.nodes import CONTAINERS
from function_models.exchange.reactflow.graph import Aside, ForeignNode, Part
from node_links.canvas.fields import MAX_COORDINATE

MAX_NAME, MAX_DESCRIPTION, MAX_REFERENCE = 200, 1000, 255
_NOTE = re.compile(r"note|comment|annotation", re.I)
_INPUT = re.compile(r"\A(?:input(?![a-z])|start)", re.I)
_OUTPUT = re.compile(r"\A(?:output|end)(?![a-z])", re.I)
_PLACED = ("id", "type", "position", "parentId", "parentNode", "data")


def translate_nodes(nodes: list[ForeignNode], aside: Aside) -> list[Part]:
    """Return the nodes as ours, in their order; notes that nothing leads to stand aside."""
    counts: Counter[tuple[str, str]] = Counter()
    translated = []
    for node in nodes:
        own = _own(node)
        if own is not None:
            translated.append(own)
        elif _is_note(node):
            aside.keep_node(node.node, "note", "A note is no step; it is kept beside the drawing.")
        else:
            made = _translated(node, aside)
            counts[node.kind, made["type"]] += 1
            translated.append(made)
    for (kind, ours), count in counts.items():
        aside.tell("translated", f"{count} of the type {kind} became {ours}.", kind)
    return translated


def _own(node: ForeignNode) -> Part | None:
    """Return a node that is one of ours already; None for any other."""
    shape = KINDS.get(node.kind)
    inside = node.parent is not None
    if shape is None or node.known != node.node.get("id") or inside == (node.kind in CONTAINERS):
        return None
    if node.parent is not None and (node.parent.parent or node.parent.kind not in CONTAINERS):
        return None
    try:
        shape.model_validate(node.node)
    except ValidationError:
        return None
    return node.node


def _is_note(node: ForeignNode) -> bool:
    alone = not node.is_linked and not node.children and node.parent is None
    return alone and _NOTE.search(node.kind) is not None


def _translated(node: ForeignNode, aside: Aside) -> Part:
    kind, data = _kind(node)
    position = _position(node, aside)
    made: Part = {key: value for key, value in node.node.items() if key not in _PLACED}
    made |= {"id": node.known, "type": kind, "position": position}
    if node.parent is not None:
        made["parentId"] = node.top.known
        if node.top is not node.parent:
            message = f"Groups do not nest; it stands in {node.top.known}."
            aside.tell("group_flattened", message, node.known)
    changed = [key for key in _PLACED if key in node.node and node.node[key] != made.get(key)]
    kept = {key: node.node[key] for key in dict.fromkeys(("type", "data", *changed))
            if key in node.node}  # fmt: skip
    made["data"] = {**_texts(node), **data, "foreign": kept}
    return made


def _kind(node: ForeignNode) -> tuple[str, Part]:
    """Return our type and what goes with it."""
    if node.parent is not None:
        named = f"{node.kind}:{node.data.get('name') or node.known}"
        return "tetherNode", {"tether_reference_id": named[:MAX_REFERENCE]}
    if not node.children:
        for word in (node.kind, node.data.get("name")):
            if isinstance(word, str) and _INPUT.match(word):
                return "ioNode", {"boundary_type": "input"}
            if isinstance(word, str) and _OUTPUT.match(word):
                return "ioNode", {"boundary_type": "output"}
    return "stageNode", {}


def _texts(node: ForeignNode) -> Part:
    words = (node.data.get(key) for key in ("label", "name", "title"))
    name = next((word.strip() for word in words if isinstance(word, str) and word.strip()), "")
    texts = {"name": (name or node.known.strip() or node.kind)[:MAX_NAME].strip()}
    description = node.data.get("description")
    if isinstance(description, str) and description.strip():
        texts["description"] = description.strip()[:MAX_DESCRIPTION].strip()
    return texts


def _position(node: ForeignNode, aside: Aside) -> Part:
    """Return where it stands in the drawing, or in the outermost node around it."""
    sent = node.node.get("position")
    place = dict(sent) if isinstance(sent, dict) else {}
    for axis in ("x", "y"):
        value = _number(place.get(axis))
        if value is None:
            aside.tell("position_missing", f"It has no {axis}; 0 was taken.", node.known)
            value = 0
        for group in node.between():
            shift = group.node.get("position")
            value += (_number(shift.get(axis)) if isinstance(shift, dict) else 0) or 0
        bounded = min(max(value, -MAX_COORDINATE), MAX_COORDINATE)
        if bounded != value:
            message = f"{axis} = {value:g} lies outside of the plane; it was moved to its edge."
            aside.tell("position_bounded", message, node.known)
        place[axis] = bounded
    return place


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value
