"""Who uses an entity beyond the links: what other apps tell of it in an impact analysis.

Agents sit on nodes, executions and answers use versions of entities; the apps that know them stand
above the graph and join by registering in `AppConfig.ready()`. Until one has joined, its part of
the answer is empty.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from accounts.actors import Actor
from node_links.graph.nodes import Address

LATEST = 10
"""How many of the latest users are told."""


class Usage(StrEnum):
    """What may use an entity."""

    AGENTS = "agents"
    RUNNING_EXECUTIONS = "running_executions"
    EXECUTIONS = "executions"
    ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Used:
    """How many there are, and the latest ten as JSON objects."""

    count: int = 0
    latest: list[dict[str, Any]] = field(default_factory=list)


FindUsage = Callable[[Actor, Address], Used]
"""From (actor, address of the node that is about to change) to its users, in a query or two."""


class UsageRegistry:
    """The apps that know users."""

    def __init__(self) -> None:
        """Start empty."""
        self._sources: dict[Usage, FindUsage] = {}

    def add(self, usage: Usage, find: FindUsage) -> None:
        """Let an app tell of one kind; twice the same is a programming error (`ValueError`)."""
        if usage in self._sources:
            raise ValueError(f"Somebody tells of {usage} already.")
        self._sources[usage] = find

    def find(self, actor: Actor, address: Address) -> Mapping[Usage, Used]:
        """Return the users of each kind; none where nobody tells of them."""
        return {
            usage: self._sources[usage](actor, address) if usage in self._sources else Used()
            for usage in Usage
        }


usages = UsageRegistry()
