"""Contexts while a model runs: what each node holds, and what another one sees of it.

A node begins with what its parent tells (of that, what everybody below may see), overlaid with its
own. What is written during the run replaces that; contexts of the scopes `session` and `global`
outlive the run and are read from where they are kept.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from function_models.canvas.policies import ContextWindow
from function_models.context_access.access import NodeContext, decide
from function_models.context_access.hierarchy import ROOT, Hierarchy
from function_models.context_access.propagation import initial_context
from function_models.context_access.sensitive import without_sensitive
from spindles.plans.plan import Plan

Data = dict[str, Any]
LASTING = ("session", "global")
"""Scopes whose contexts outlive a run."""


@dataclass(frozen=True, slots=True)
class RunState:
    """What a run notes for itself, as `executions.context` holds it.

    - `given`: what the run was given beside its inputs; it overlays the context of the root;
    - `inherited`: what the levels above have told, merged;
    - `pins`: the versions that nested models run in, by what names them;
    - `written`: contexts that were written during the run, by node;
    - `isolated`, `chained`: how a nested run was started.
    """

    given: Data = field(default_factory=dict)
    inherited: Data = field(default_factory=dict)
    pins: dict[str, str] = field(default_factory=dict)
    written: dict[str, Data] = field(default_factory=dict)
    isolated: bool = False
    chained: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "RunState":
        """Read what a run has noted; what it does not know stays out."""
        return cls(**{name: stored[name] for name in cls.__slots__ if name in stored})


def hierarchy_of(plan: Plan) -> Hierarchy:
    """Return the tree of the nodes that a plan was compiled from."""
    parents: dict[str, str | None] = {ROOT: None}
    for step in plan.steps:
        if step.closes is not None:
            parents[step.id] = ROOT
            parents |= dict.fromkeys(step.params["actions"], step.id)
    return Hierarchy(parents)


def node_of(plan: Plan, step_id: str) -> str:
    """Return the node that a step of a plan belongs to."""
    opened = (step.id for step in plan.steps if step.closes == step_id)
    return next(opened, step_id)


@dataclass(frozen=True)
class RunContexts:
    """The contexts of a run. `lasting` returns those that outlive it, by node, read at need."""

    plan: Plan
    state: RunState
    hierarchy: Hierarchy
    lasting: Callable[[], Mapping[str, Data]]

    def of(self, node_id: str) -> NodeContext:
        """Return what a node holds now. Raises `KeyError` for what is no node."""
        parent = self.hierarchy.parents[node_id]
        drawn = self._drawn(node_id)
        data = self.state.written.get(node_id)
        if drawn.scope in LASTING:
            data = self.lasting().get(node_id, data)
        if data is None:
            data = initial_context(self._handed_down(parent), drawn.data)
        return NodeContext(node_id, data, drawn.scope, drawn.window)

    def _handed_down(self, parent: str | None) -> Data:
        if parent is None:
            return {}
        above = self._drawn(parent)
        return {} if above.scope == "isolated" else without_sensitive(above.data)

    def _drawn(self, node_id: str) -> NodeContext:
        """Return what was drawn, for the root with what the run was given."""
        told = self.plan.contexts.get(node_id, {})
        data = told.get("data", {})
        if node_id == ROOT:
            data = {**data, **self.state.given}
        window = told.get("window")
        return NodeContext(
            node_id,
            data,
            told.get("scope", "execution"),
            ContextWindow.model_validate(window) if window else None,
        )


class SeenContexts(Mapping[str, Data]):
    """The contexts of a run as one node sees them, each decided when it is named."""

    def __init__(self, contexts: RunContexts, node_id: str, now: datetime) -> None:
        """Look at `contexts` as the node `node_id` does at the moment `now`."""
        self._contexts = contexts
        self._node_id = node_id
        self._now = now

    def __getitem__(self, node_id: str) -> Data:
        """Return what may be seen of a node's context. Raises `KeyError` where nothing may."""
        hierarchy = self._contexts.hierarchy
        if self._node_id not in hierarchy:
            raise KeyError(node_id)
        target = self._contexts.of(node_id)
        decision = decide(hierarchy, requester=self._node_id, target=target, now=self._now)
        if not decision.access_granted:
            raise KeyError(node_id)
        return decision.data

    def __iter__(self) -> Iterator[str]:
        """Yield the nodes whose context may be seen."""
        return (node_id for node_id in self._contexts.hierarchy.parents if node_id in self)

    def __contains__(self, node_id: object) -> bool:
        """Say whether the context of a node may be seen."""
        try:
            self[str(node_id)]
        except KeyError:
            return False
        return True

    def __len__(self) -> int:
        """Return of how many nodes the context may be seen."""
        return sum(1 for _ in self)
