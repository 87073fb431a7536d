"""Who sees what has events and is no entity: apps say so for what is theirs, as of runs.

They join in `AppConfig.ready()`.
"""

from collections.abc import Callable
from uuid import UUID

from accounts.actors import Actor

Sees = Callable[[Actor, UUID], bool]
"""From (actor, id) to whether the actor may hear of it."""


class SightRegistry:
    """The kinds of aggregates beside entities."""

    def __init__(self) -> None:
        """Start empty."""
        self._sees: dict[str, Sees] = {}

    def add(self, feature_type: str, sees: Sees) -> None:
        """Add a kind; twice the same is a programming error (`ValueError`)."""
        if feature_type in self._sees:
            raise ValueError(f"Somebody says who sees {feature_type} already.")
        self._sees[feature_type] = sees

    def find(self, feature_type: str) -> Sees | None:
        """Return who may hear of this kind, None where it is not one of these."""
        return self._sees.get(feature_type)


sights = SightRegistry()
