"""What differs between two states of a drawing, as plain JSON."""

from typing import Any

import orjson

from node_links.canvas.shapes import TRANSIENT

Change = dict[str, dict[str, Any]]
_MISSING = object()


def same_json(one: Any, other: Any) -> bool:
    """Return whether two values are the same as JSON: to Python `true` equals 1, and 1 equals 1.0.

    The order of members does not count.
    """
    return bool(one == other) and _written(one) == _written(other)


def _written(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def node_changes(old: dict[str, Any], new: dict[str, Any], *, ignored: frozenset[str]) -> Change:
    """Return `{key: {old, new}}` of a node: the keys of its `data`, and its own ones.

    What the editor keeps for itself does not count, nor do the keys of `data` in `ignored`.
    """
    changes = object_changes(
        {key: value for key, value in old["data"].items() if key not in ignored},
        {key: value for key, value in new["data"].items() if key not in ignored},
    )
    return object_changes(_lasting(old), _lasting(new)) | changes


def object_changes(old: dict[str, Any], new: dict[str, Any]) -> Change:
    """Return `{key: {old, new}}` of the members that differ; null stands for a missing one."""
    return {
        key: {"old": old.get(key), "new": new.get(key)}
        for key in [*old, *(key for key in new if key not in old)]
        if old.get(key, _MISSING) != new.get(key, _MISSING)
    }


def _lasting(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in TRANSIENT and key != "data"}
