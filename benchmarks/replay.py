"""Whether the events of models tell the very state that is stored, and every change is in it."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from benchmarks.stack import Stack


def check_replay(
    stack: Stack, ids: Iterable[UUID], written: Mapping[tuple[UUID, str], set[str]]
) -> int:
    """Return how many changes are lost: marks in `written`, by model and node, that are not stored,
    and values that the events of a model tell otherwise than it is stored.

    Raises `RuntimeError` where events miss a number, or one does not follow from the one before.
    """
    from accounts.tenancy import scope
    from function_models.models import FunctionModel

    lost = 0
    for pk in ids:
        with scope(stack.actor):
            told = _replayed(pk)
            model = FunctionModel.objects.get(pk=pk)
        stored = {node["id"]: node["data"] for node in model.nodes_data}
        for node_id, data in stored.items():
            missing = written.get((pk, node_id), set()) - data.keys()
            changed = told.get(node_id, {})
            lost += len(missing) + sum(data.get(key) != value for key, value in changed.items())
    return lost


def _replayed(pk: UUID) -> dict[str, dict[str, Any]]:
    """Return what the events say of each node, `{node: {key: value}}`."""
    from node_links.models import NodeEvent

    state: dict[str, dict[str, Any]] = {}
    events = NodeEvent.objects.filter(entity_id=pk).order_by("sequence")
    for number, event in enumerate(events, 1):
        if event.sequence != number:
            raise RuntimeError(f"{pk}: event {number} is missing.")
        if event.event_type != "ContainerNodeUpdated":
            continue
        node = state.setdefault(str(event.node_id), {})
        for key, change in event.data["changes"].items():
            if key in node and node[key] != change["old"]:
                raise RuntimeError(f"{pk}: {key} of {event.node_id} was overwritten unseen.")
            node[key] = change["new"]
    return state
