"""The decision: may this node read, write or execute with that node's context, and what of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from function_models.canvas.policies import ContextWindow
from function_models.choices import ContextScope
from function_models.context_access.hierarchy import Hierarchy, Relation
from function_models.context_access.sensitive import sensitive_among, without_sensitive

MAX_LISTED = 1000


class Level(IntEnum):
    """Levels of access; each includes those below. Nobody has `execute` through the hierarchy."""

    READ = 1
    WRITE = 2
    EXECUTE = 3

    @property
    def word(self) -> str:
        """The level as clients write it."""
        return self.name.lower()


class Denial(StrEnum):
    """Why access is denied."""

    NO_RELATION = "no_relation"
    ISOLATED = "isolated"
    OUTSIDE_WINDOW = "outside_window"
    LEVEL_NOT_HELD = "level_not_held"


_ABOVE = frozenset({Relation.SELF, Relation.PARENT, Relation.ANCESTOR})
_READS = frozenset(
    {*_ABOVE, Relation.CHILD, Relation.DESCENDANT, Relation.SIBLING, Relation.NEPHEW}
)


@dataclass(frozen=True, slots=True)
class NodeContext:
    """A node's context: what it holds, how far it is seen, and when."""

    node_id: str
    data: dict[str, Any]
    scope: ContextScope = "execution"
    window: ContextWindow | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one question. `data` holds what may be read of what was asked for."""

    access_granted: bool
    relation: Relation
    access_level: str | None
    restricted_operations: list[str]
    denial_reason: str | None = None
    granted_properties: list[str] = field(default_factory=list)
    restricted_properties: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


def decide(
    hierarchy: Hierarchy,
    *,
    requester: str,
    target: NodeContext,
    wanted: Level = Level.READ,
    properties: Sequence[str] | None = None,
    now: datetime,
    emergency: bool = False,
) -> Decision:
    """Return whether `requester` has `wanted` access to the context of `target`, and to what.

    The level is decided before any property is looked at. `emergency` lifts the window, and
    nothing else. Both nodes are in the hierarchy.
    """
    relation = hierarchy.relation(requester, target.node_id)
    held, denial = _held(relation, target, now, emergency=emergency)
    if held is not None and wanted > held:
        denial = Denial.LEVEL_NOT_HELD
    level = held.word if held else None
    restricted = [one.word for one in Level if held is None or one > held]
    if denial is not None:
        return Decision(False, relation, level, restricted, denial.value)
    asked = {
        key: value for key, value in target.data.items() if properties is None or key in properties
    }
    shown = asked if relation in _ABOVE else without_sensitive(asked)
    return Decision(
        access_granted=True,
        relation=relation,
        access_level=level,
        restricted_operations=restricted,
        granted_properties=sorted(shown),
        restricted_properties=sensitive_among(asked.keys() - shown.keys()),
        data=shown,
    )


def listed(
    hierarchy: Hierarchy, *, requester: str, contexts: Sequence[NodeContext], kind: str,
    now: datetime,
) -> list[tuple[NodeContext, Decision]]:  # fmt: skip
    """Return the contexts of others that `requester` may read, of one kind.

    `kind` is `sibling`, `children`, `parent`, `lateral` (siblings, and siblings of the parent) or
    `all`.
    """
    decided = [
        (context, decide(hierarchy, requester=requester, target=context, now=now))
        for context in contexts
        if context.node_id != requester
    ]
    wanted = _KINDS[kind]
    return [
        (context, decision)
        for context, decision in decided
        if decision.access_granted and decision.relation in wanted
    ]


_KINDS: dict[str, frozenset[Relation]] = {
    "sibling": frozenset({Relation.SIBLING}),
    "children": frozenset({Relation.PARENT}),
    "parent": frozenset({Relation.CHILD}),
    "lateral": frozenset({Relation.SIBLING, Relation.NEPHEW}),
    "all": frozenset(Relation),
}
KINDS = tuple(_KINDS)


def _held(
    relation: Relation, target: NodeContext, now: datetime, *, emergency: bool
) -> tuple[Level | None, Denial | None]:
    """Return the highest level held, or why none is."""
    if relation is Relation.SELF:
        return Level.WRITE, None
    if target.scope == "isolated":
        return None, Denial.ISOLATED
    if not emergency and target.window is not None and not _open(target.window, now):
        return None, Denial.OUTSIDE_WINDOW
    if relation in _ABOVE:
        return Level.WRITE, None
    if relation in _READS or target.scope == "global":
        return Level.READ, None
    return None, Denial.NO_RELATION


def _open(window: ContextWindow, now: datetime) -> bool:
    begun = window.valid_from is None or datetime.fromisoformat(window.valid_from) <= now
    over = window.valid_until is not None and datetime.fromisoformat(window.valid_until) < now
    return begun and not over
