"""A step that tells everybody that something happened."""

import hashlib
from typing import Any
from uuid import UUID

from pydantic import Field

from config.request_context import inside_execution
from node_links.services.publishing import Publication, publish_event
from spindles.registry.kinds import Place, StepContext, StepKind
from spindles.registry.results import Done
from spindles.steps.failures import told_as_failures
from spindles.steps.params import Params


class PublishEventParams(Params):
    """An event of one of the organisation's own types."""

    event_type: str = Field(
        min_length=1, max_length=100, title="Event type", description="A registered custom type"
    )
    data: dict[str, Any] = Field(title="Data", description="Checked against the type's schema")
    schema_version: int | None = Field(
        default=None, ge=1, title="Schema version", description="By default the newest"
    )
    feature_type: str | None = Field(
        default=None, title="Feature", description="With an entity: whose event it is"
    )
    entity_id: UUID | None = Field(default=None, title="Entity")
    node_id: str | None = Field(default=None, max_length=255, title="Node")


def publish(context: StepContext, params: PublishEventParams) -> Done:
    """Complete with `{event_id}`. The event is written in the transaction of the step's outcome.

    It names the execution, and as its cause the event that caused the run.
    """
    publication = Publication(
        event_type=params.event_type,
        data=params.data,
        schema_version=params.schema_version,
        feature_type=params.feature_type,
        entity_id=params.entity_id,
        node_id=params.node_id,
        event_id=event_id_of(context.execution_id, context.idempotency_key),
    )
    with told_as_failures(), inside_execution(context.execution_id):
        published = publish_event(actor=context.actor, publication=publication)
    return Done({"event_id": str(published.event.id)})


def event_id_of(execution_id: UUID, idempotency_key: str) -> UUID:
    """Return the id of the event of one try: the same key gives the same id.

    It is a UUIDv7 (RFC 9562, section 5.7) with the moment of the run's own id, and a digest of the
    key for the random bits.
    """
    digest = int.from_bytes(hashlib.sha256(idempotency_key.encode()).digest()[:10])
    low = (0b10 << 62) | (digest & ((1 << 62) - 1))
    high = (execution_id.int >> 80) << 16 | 0x7000 | (digest >> 62) & 0xFFF
    return UUID(int=high << 64 | low)


PUBLISH_EVENT = StepKind(
    name="publish_event",
    title="Publish an event",
    description="Records an event of one of the organisation's own types.",
    params=PublishEventParams,
    handle=publish,
    place=Place.INLINE,
    uses_database=True,
    has_effect=True,
)
KINDS = (PUBLISH_EVENT,)
