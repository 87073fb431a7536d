"""An event as readers and subscribers get it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one aggregate, in the newest shape of its type.

    `sequence` counts the aggregate's events from 1. `stored_version` is the schema version in which
    the event was written, `schema_version` the one in which `data` is given here. `replayed` says
    that the event is being delivered again at somebody's request.
    """

    id: UUID
    event_type: str
    schema_version: int
    stored_version: int
    feature_type: str
    entity_id: UUID
    node_id: str | None
    sequence: int
    data: dict[str, Any]
    timestamp: datetime
    user_id: UUID | None
    organization_id: UUID
    correlation_id: str | None
    causation_id: UUID | None
    execution_id: UUID | None
    replayed: bool = False
