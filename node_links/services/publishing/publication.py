"""What somebody wants to publish, and what became of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from node_links.events.envelope import Event
from node_links.models import NodeEvent

ORGANIZATION = "organization"
"""The feature type of events that belong to no entity: the organisation is their aggregate."""


@dataclass(frozen=True, slots=True)
class Publication:
    """An event of a custom type as it is asked for.

    Without `feature_type` and `entity_id` it is the organisation's own. `schema_version` is by
    default the newest. `event_id` makes the publication safe to repeat for good, `dedup_key` for
    60 seconds.
    """

    event_type: str
    data: dict[str, Any]
    schema_version: int | None = None
    feature_type: str | None = None
    entity_id: UUID | None = None
    node_id: str | None = None
    correlation_id: str | None = None
    causation_id: UUID | None = None
    event_id: UUID | None = None
    dedup_key: str | None = None

    @property
    def present(self) -> dict[str, Any]:
        """The data as they are stored: what has no value is left out."""
        return {key: value for key, value in self.data.items() if value is not None}

    @property
    def keys(self) -> list[str]:
        """The keys under which a repetition is recognised."""
        named = (("id", self.event_id), ("key", self.dedup_key))
        return [f"{kind}:{value}" for kind, value in named if value is not None]

    def is_told_by(self, row: NodeEvent, organization_id: UUID) -> bool:
        """Return whether the stored event is the one asked for; what was left out fits any."""
        aggregate = (
            self.feature_type or ORGANIZATION,
            self.entity_id or organization_id,
            self.node_id,
        )
        stored = (row.event_type, row.data, (row.feature_type, row.entity_id, row.node_id))
        optional = (
            (self.schema_version, row.schema_version),
            (self.correlation_id, row.correlation_id),
            (self.causation_id, row.causation_id),
        )
        return (self.event_type, self.present, aggregate) == stored and all(
            asked in (None, found) for asked, found in optional
        )


@dataclass(frozen=True, slots=True)
class Published:
    """The event, and whether it was written now or had been before."""

    event: Event
    is_new: bool
