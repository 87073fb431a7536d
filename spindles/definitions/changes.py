"""What happened between two states of a definition, in few words."""

import hashlib
from typing import Any

import orjson

from node_links.canvas.shapes import TRANSIENT
from spindles.definitions.definition import Definition

Changes = dict[str, dict[str, Any]]


def changes_between(old: Definition, new: Definition) -> Changes:
    """Return `{what: {old, new}}`; {} where nothing changed that counts.

    Each step (`steps/<id>`) and the drawing as a whole are named by their SHA-256, triggers are
    told as they are. What the editor keeps for itself does not count.
    """
    changes: Changes = {}
    before, after = ({s.id: s.as_dict() for s in one.steps} for one in (old, new))
    for known in [*before, *(known for known in after if known not in before)]:
        if before.get(known) != after.get(known):
            ends = (before.get(known), after.get(known))
            changes[f"steps/{known}"] = {
                name: None if end is None else _digest(end)
                for name, end in zip(("old", "new"), ends, strict=True)
            }
    if old.triggers != new.triggers:
        changes["triggers"] = {"old": old.triggers, "new": new.triggers}
    drawings = [_lasting(one.as_document()) for one in (old, new)]
    if drawings[0] != drawings[1]:
        changes["canvas"] = {"old": _digest(drawings[0]), "new": _digest(drawings[1])}
    return changes


def _lasting(document: dict[str, Any]) -> dict[str, Any]:
    nodes = [
        {key: value for key, value in node.items() if key not in TRANSIENT}
        for node in document["nodes"]
    ]
    return {**document, "nodes": nodes}


def _digest(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
