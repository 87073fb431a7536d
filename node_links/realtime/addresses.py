"""From a request to the channel it asks for."""

from uuid import UUID

from django.http import HttpRequest, QueryDict

from config.exceptions import FieldError, NotFound, ValidationFailed
from node_links.realtime.callers import TICKET, Caller
from node_links.realtime.channels import (
    Channel,
    EntityChannel,
    ExecutionChannel,
    NotificationChannel,
    OrganizationChannel,
)

LAST_EVENT_ID = "last_event_id"
_ALWAYS = (TICKET, LAST_EVENT_ID)
EVENT_PARAMETERS = ("feature_type", "entity_id", "execution_id")


def event_channel(caller: Caller, query: QueryDict) -> Channel:
    """Return the channel of an entity, an execution, or of the whole organisation.

    Raises `ValidationFailed` for unknown or contradicting parameters, `NotFound` for an id that
    cannot be one.
    """
    _require_known(query, EVENT_PARAMETERS)
    feature, entity, execution = (query.get(name) for name in EVENT_PARAMETERS)
    if execution is not None:
        if feature is not None or entity is not None:
            raise ValidationFailed.of("?execution_id", "invalid", "Ask for one thing at a time.")
        return ExecutionChannel(caller.organization_id, _id(execution))
    if feature is None and entity is None:
        return OrganizationChannel(caller.organization_id)
    if feature is None or entity is None:
        missing = "feature_type" if feature is None else "entity_id"
        raise ValidationFailed.of(f"?{missing}", "required", "Both name the entity.")
    return EntityChannel(caller.organization_id, feature, _id(entity))


def notification_channel(caller: Caller, query: QueryDict) -> Channel:
    """Return the caller's own channel. Raises `ValidationFailed` for unknown parameters."""
    _require_known(query, ())
    return NotificationChannel(caller.organization_id, caller.user_id)


def last_event_id(request: HttpRequest) -> UUID | None:
    """Return the id that the stream goes on from: the header's, else the parameter's.

    Raises `ValidationFailed` for anything that is no id.
    """
    header = request.headers.get("Last-Event-ID")
    given = header or request.GET.get(LAST_EVENT_ID)
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError as error:
        pointer = "Last-Event-ID" if header else f"?{LAST_EVENT_ID}"
        raise ValidationFailed.of(pointer, "invalid", "This is no id of an event.") from error


def _require_known(query: QueryDict, names: tuple[str, ...]) -> None:
    errors = [
        FieldError(f"?{name}", "unknown_field", "There is no such parameter.")
        for name in query
        if name not in (*names, *_ALWAYS)
    ]
    if errors:
        raise ValidationFailed(errors=errors)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound() from error
