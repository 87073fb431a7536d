"""The names under which streams and notifications meet inside the live process."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

Id = UUID | str


def of_entity(organization: Id, feature_type: str, entity_id: Id) -> str:
    """Return the topic of one entity."""
    return f"entity:{organization}:{feature_type}:{entity_id}"


def of_execution(organization: Id, execution_id: Id) -> str:
    """Return the topic of one execution."""
    return f"execution:{organization}:{execution_id}"


def of_organization(organization: Id) -> str:
    """Return the topic of everything in an organisation."""
    return f"organization:{organization}"


def of_user(organization: Id, user_id: Id) -> str:
    """Return the topic of what a user is notified of in an organisation."""
    return f"user:{organization}:{user_id}"


def topics_of_event(payload: Mapping[str, Any]) -> list[str]:
    """Return the topics of a payload of `nodeloom_events`.

    It holds `{id, organization, type, feature, entity, execution, user}`. Raises `KeyError` where
    a part that is needed is missing.
    """
    organization = payload["organization"]
    topics = [
        of_entity(organization, payload["feature"], payload["entity"]),
        of_organization(organization),
    ]
    execution = payload.get("execution")
    return [*topics, of_execution(organization, execution)] if execution else topics


def topics_of_notification(payload: Mapping[str, Any]) -> list[str]:
    """Return the topics of a payload of `nodeloom_notifications`: `{id, user, organization}`."""
    return [of_user(payload["organization"], payload["user"])]
