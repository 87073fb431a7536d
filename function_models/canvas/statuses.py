"""How far the design of a node is, and which steps lead from there.

What happens to a node in one run is that run's step, never its design.
"""

from collections.abc import Mapping

from config.exceptions import InvalidTransition
from function_models.canvas.nodes import CONTAINERS

_CONTAINER: Mapping[str, tuple[str, ...]] = {
    "draft": ("configured", "active", "archived"),
    "configured": ("active", "inactive", "archived"),
    "active": ("inactive", "error", "archived"),
    "inactive": ("active", "archived"),
    "error": ("active", "inactive", "archived"),
    "archived": (),
}
_ACTION: Mapping[str, tuple[str, ...]] = {
    "draft": ("active", "archived"),
    "active": ("inactive", "error", "archived"),
    "inactive": ("active", "archived"),
    "error": ("active", "inactive", "archived"),
    "archived": (),
}


def statuses_of(node_type: str) -> tuple[str, ...]:
    """Return the statuses that a node of this type can have."""
    return tuple(_CONTAINER if node_type in CONTAINERS else _ACTION)


def require_move(node_type: str, current: str, wanted: str) -> None:
    """Raise `InvalidTransition` unless `wanted` is the current status or may follow it."""
    allowed = (_CONTAINER if node_type in CONTAINERS else _ACTION)[current]
    if wanted != current and wanted not in allowed:
        raise InvalidTransition(current, allowed=list(allowed))
