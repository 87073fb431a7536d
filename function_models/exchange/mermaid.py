"""Mermaid flowcharts: containers with their actions inside, joined by what depends on what.

Nothing that a person has written stands outside of a quoted label, ids are our own, and inside of
labels everything but letters, digits and a few harmless signs is an entity code (`#35;`), which
Mermaid shows as the sign.
"""

import json
import re

from function_models.canvas.document import Canvas, parse_canvas
from function_models.canvas.nodes import Action, Container
from function_models.exchange.record import ModelRecord

# `:` is no safe sign: Mermaid looks for `style …:#…;` before it parses, also inside of labels.
_UNSAFE = re.compile(r"[^\w .,!?/()+*=-]")
_BLANK = re.compile(r"\s+")
MAX_LABEL = 120
_SHAPES: dict[str, tuple[str, str]] = {
    "ioNode": ("([", "])"),
    "tetherNode": ("[[", "]]"),
    "kbNode": ("[/", "/]"),
    "functionModelContainer": ("[(", ")]"),
    "milestone": ("{{", "}}"),
    "gateway": ("{", "}"),
    "checkpoint": ("(", ")"),
    "process": ("[", "]"),
}
_INDENT = "    "


class MermaidExporter:
    """Mermaid out."""

    name = "mermaid"
    suffix = ".mmd"
    media_type = "text/vnd.mermaid"

    def write(self, record: ModelRecord) -> bytes:
        """Return the flowchart."""
        return flowchart(parse_canvas(record.document), title=record.name).encode()


def flowchart(canvas: Canvas, *, title: str = "") -> str:
    """Return the drawing as a Mermaid flowchart from left to right."""
    # JSON strings are YAML strings (YAML 1.2, section 1.3).
    lines = ["---", f"title: {json.dumps(_spaced(title))}", "---"] if title else []
    lines.append("flowchart LR")
    ids = {node.id: f"n{number}" for number, node in enumerate(canvas.nodes, 1)}
    for container in canvas.containers:
        lines += _container(container, canvas.actions_of(container.id), ids)
    for edge in canvas.edges:
        text = (edge.model_extra or {}).get("label")
        label = f'|"{escaped(text)}"|' if isinstance(text, str) and text.strip() else ""
        lines.append(f"{_INDENT}{ids[edge.source]} -->{label} {ids[edge.target]}")
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return a text for a quoted label, on one line and at most 120 characters long."""
    short = _spaced(text)
    if len(short) > MAX_LABEL:
        short = f"{short[: MAX_LABEL - 1]}…"
    return _UNSAFE.sub(lambda sign: f"#{ord(sign[0])};", short)


def _container(container: Container, actions: list[Action], ids: dict[str, str]) -> list[str]:
    if not actions:
        return [_INDENT + _node(container, ids)]
    name = escaped(container.data.name)
    ordered = sorted(actions, key=lambda action: action.data.execution_order)
    return [
        f'{_INDENT}subgraph {ids[container.id]}["{name}"]',
        f"{_INDENT * 2}direction TB",
        *(_INDENT * 2 + _node(action, ids) for action in ordered),
        f"{_INDENT}end",
    ]


def _node(node: Container | Action, ids: dict[str, str]) -> str:
    kind = node.data.stage_type if node.type == "stageNode" else node.type
    opening, closing = _SHAPES[kind]
    return f'{ids[node.id]}{opening}"{escaped(node.data.name)}"{closing}'


def _spaced(text: str) -> str:
    return _BLANK.sub(" ", text).strip()
