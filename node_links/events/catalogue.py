"""The event types of the graph itself, and the life cycle that all features share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

from node_links.events.types import Absent, EventData, EventType, event_types

Bump = Literal["initial", "major", "minor", "patch"]


class Change(BaseModel):
    """A field's value before and after."""

    model_config = ConfigDict(extra="forbid")

    old: JsonValue
    new: JsonValue


class Address(BaseModel):
    """A node of the graph; without `node_id` the entity itself."""

    model_config = ConfigDict(extra="forbid")

    feature: str
    entity_id: UUID
    node_id: str | Absent = None


class Created(EventData):
    """An entity is there."""

    name: str
    version: str
    template_id: UUID | Absent = None


class Changed(EventData):
    """Fields have other values, `{field: {old, new}}`; long texts are named by their digest."""

    changes: dict[str, Change]


class Published(EventData):
    """A draft is the live version now."""

    name: str
    version: str
    previous_version: str | Absent = None
    notes: str | Absent = None
    warnings: list[Any]


class VersionCreated(EventData):
    """An immutable snapshot was kept."""

    version_id: UUID
    version: str
    bump: Bump
    previous_version: str | Absent = None


class DraftOpened(EventData):
    """The next draft after a published version."""

    previous_version: str
    version: str
    bump: Bump
    notes: str | Absent = None


class RolledBack(EventData):
    """An old version's content is in the draft again."""

    restored_version: str
    version: str


class Archived(EventData):
    """The end of an entity's use; its content stays readable."""

    name: str
    version: str
    previous_status: str
    reason: str | Absent = None
    risk: str | Absent = None
    links_removed: int | Absent = None


class Deleted(EventData):
    """An entity is hidden and can be restored for a while."""

    name: str
    status: str
    version: str
    reason: str | Absent = None
    retention_days: int | Absent = None
    hard_delete_at: datetime | Absent = None


class Restored(EventData):
    """A deleted entity is back as it was."""

    name: str
    status: str
    version: str


class Purged(EventData):
    """A deleted entity is gone for good."""

    name: str
    deleted_at: datetime


class LinkCreated(EventData):
    """A link leads from `source`, whose event this is, to `target`."""

    link_id: UUID
    source: Address
    target: Address
    link_type: str
    base_strength: float
    origin: str


class LinkUpdated(EventData):
    """A link's fields have other values."""

    link_id: UUID
    changes: dict[str, Change]


class LinkRemoved(EventData):
    """A link is gone."""

    link_id: UUID
    source: Address
    target: Address
    link_type: str
    reason: str | Absent = None


class StrengthUpdated(EventData):
    """A link's strength was computed anew from `metrics`."""

    link_id: UUID
    previous_strength: float
    strength: float
    metrics: dict[str, JsonValue]


class LinkDrifted(EventData):
    """A link is pinned to a version, and a newer one is live."""

    link_id: UUID
    link_type: str
    source: Address
    target: Address
    from_version: str
    to_version: str
    bump: Literal["major", "minor", "patch"]
    versions_behind: int


class LinkBroken(EventData):
    """A link's version is gone, or its target was deleted or archived."""

    link_id: UUID
    link_type: str
    source: Address
    target: Address
    version_pin: str
    reason: Literal["target_deleted", "target_archived", "version_gone"]


class CyclesDetected(EventData):
    """Links lead round in a circle."""

    total_cycles: int
    critical_cycles: int
    cycles: list[JsonValue]


class SagaTold(EventData):
    """A saga began, or did all of its steps."""

    name: str


class SagaUndone(EventData):
    """A step refused, and what had been done is undone."""

    name: str
    error: str


class SagaFailed(SagaUndone):
    """A step refused, and these steps before it could not be undone."""

    not_compensated: list[str]


class WebhookDisabled(EventData):
    """Nothing is sent to a webhook any more, after `failures` messages in a row."""

    reason: str
    failures: int


_LIFE_CYCLE: dict[str, type[EventData]] = {
    "Created": Created,
    "Updated": Changed,
    "PermissionsChanged": Changed,
    "Published": Published,
    "VersionCreated": VersionCreated,
    "DraftOpened": DraftOpened,
    "RolledBack": RolledBack,
    "Archived": Archived,
    "Deleted": Deleted,
    "Restored": Restored,
    "Purged": Purged,
}


_entity_changes: list[str] = []


def life_cycle_events(
    prefix: str, own: Mapping[str, type[EventData] | None] | None = None
) -> list[EventType]:
    """Return the types of a feature whose events begin with `prefix` (`Sop`: `SopCreated` …).

    `own` holds what a feature tells otherwise: further names, other data, and None for what does
    not happen there.
    """
    told = {name: data for name, data in {**_LIFE_CYCLE, **(own or {})}.items() if data}
    _entity_changes.extend(f"{prefix}{name}" for name in told if name != "Created")
    return [EventType(f"{prefix}{name}", data) for name, data in told.items()]


def entity_changes() -> list[str]:
    """Return the types of events that tell of a change of an entity that was there already."""
    return list(_entity_changes)


event_types.register(
    EventType("NodeLinkCreated", LinkCreated),
    EventType("NodeLinkUpdated", LinkUpdated),
    EventType("NodeLinkRemoved", LinkRemoved),
    EventType("LinkStrengthUpdated", StrengthUpdated),
    EventType("LinkDrifted", LinkDrifted),
    EventType("LinkBroken", LinkBroken),
    EventType("LinkCyclesDetected", CyclesDetected),
    EventType("WebhookDisabled", WebhookDisabled),
    EventType("SagaStarted", SagaTold),
    EventType("SagaCompleted", SagaTold),
    EventType("SagaCompensated", SagaUndone),
    EventType("SagaFailed", SagaFailed),
)
