"""What happens to function models: the life cycle of every entity, and changes of the drawing."""

from node_links.events.catalogue import Change, life_cycle_events
from node_links.events.types import Absent, EventData, EventType, event_types


class ContainerAdded(EventData):
    """A container was drawn; the event's node."""

    node_type: str
    name: str
    position: dict[str, float]


class ContainerUpdated(EventData):
    """A container says something else, `{field: {old, new}}`."""

    node_type: str
    name: str
    changes: dict[str, Change]


class ContainerRemoved(EventData):
    """A container is gone, and the actions inside it with it."""

    node_type: str
    name: str
    removed_actions: list[str]


class ActionAdded(EventData):
    """An action was drawn inside a container."""

    action_type: str
    name: str
    parent_id: str
    execution_mode: str
    execution_order: int
    priority: int


class ActionUpdated(EventData):
    """An action says something else, `{field: {old, new}}`."""

    action_type: str
    name: str
    changes: dict[str, Change]


class ActionRemoved(EventData):
    """An action is gone."""

    action_type: str
    name: str
    parent_id: str


class NodeStatusChanged(EventData):
    """The design of a node came further, or fell back."""

    node_type: str
    name: str
    previous_status: str
    status: str


class EdgeEnds(EventData):
    """An edge between two containers."""

    edge_id: str
    source: str
    target: str


class NodeContextUpdated(EventData):
    """The context of a node changed, in the design or in a run: names of keys, never values."""

    target_node_id: str
    keys: list[str]
    execution_id: str | Absent = None


_DRAWING: dict[str, type[EventData]] = {
    "ContainerNodeAdded": ContainerAdded,
    "ContainerNodeUpdated": ContainerUpdated,
    "ContainerNodeRemoved": ContainerRemoved,
    "ActionNodeAdded": ActionAdded,
    "ActionNodeUpdated": ActionUpdated,
    "ActionNodeRemoved": ActionRemoved,
    "NodeStatusChanged": NodeStatusChanged,
    "EdgeAdded": EdgeEnds,
    "EdgeRemoved": EdgeEnds,
    "NodeContextUpdated": NodeContextUpdated,
}

event_types.register(
    *life_cycle_events("FunctionModel"),
    *(EventType(name, data) for name, data in _DRAWING.items()),
)
