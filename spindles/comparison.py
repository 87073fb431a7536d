"""What differs in meaning between two versions of a spindle, step by step.

Where a step is drawn is told apart from what it says: a drawing that was only tidied up has `moved`
steps and no modified one.
"""

from collections.abc import Mapping
from typing import Any

from node_links.canvas.comparison import Change, object_changes
from node_links.models import document_of
from spindles.definitions.definition import Definition
from spindles.definitions.drawing import parse_drawing

FIELDS = (
    "name",
    "description",
    "spindle_type",
    "complexity_level",
    "inputs",
    "outputs",
    "triggers",
    "max_concurrency",
    "timeout",
    "tags",
)
Content = Mapping[str, Any]


def compare_contents(old: Content, new: Content) -> dict[str, Any]:
    """Compare two contents as versions keep them (`Spindle.snapshot_fields`)."""
    before, after = _drawn(old), _drawn(new)
    steps = _compare_steps(before, after)
    changed = {one["id"] for one in steps["modified"]}
    moved = [known for known in _moved(before, after) if known not in changed]
    return {
        "steps": steps,
        "edges": _compare_edges(before, after),
        "fields": object_changes(
            {name: old.get(name) for name in FIELDS}, {name: new.get(name) for name in FIELDS}
        ),
        "metadata": object_changes(old["metadata"], new["metadata"]),
        "moved": moved,
        "summary": {
            **{name: len(steps[name]) for name in ("added", "removed", "modified")},
            "moved": len(moved),
        },
    }


def _drawn(content: Content) -> Definition:
    return parse_drawing(document_of(content), stored=True)


def _compare_steps(before: Definition, after: Definition) -> dict[str, Any]:
    old, new = ({step.id: step.as_dict() for step in one.steps} for one in (before, after))
    modified = []
    for known in new:
        changes: Change = object_changes(old[known], new[known]) if known in old else {}
        if changes:
            modified.append({"id": known, "changes": changes})
    return {
        "added": [known for known in new if known not in old],
        "removed": [known for known in old if known not in new],
        "modified": modified,
    }


def _compare_edges(before: Definition, after: Definition) -> dict[str, list[str]]:
    old, new = ({edge.ends[:3]: edge.id for edge in one.edges} for one in (before, after))
    return {
        "added": [known for ends, known in new.items() if ends not in old],
        "removed": [known for ends, known in old.items() if ends not in new],
    }


def _moved(before: Definition, after: Definition) -> list[str]:
    places = {node.id: node.position for node in before.nodes}
    return [
        node.id for node in after.nodes if node.id in places and places[node.id] != node.position
    ]
