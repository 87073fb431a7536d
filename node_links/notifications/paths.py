"""Where the things that notices speak of have their address."""

from urllib.parse import urljoin

from django.conf import settings

from node_links.choices import FeatureType
from node_links.events.envelope import Event

_API = "/api/v1/"
_LISTS: dict[str, str] = {
    FeatureType.FUNCTION_MODEL: "function-models",
    FeatureType.KNOWLEDGE_BASE: "sops",
    FeatureType.EVENT_STORM: "event-storms",
    FeatureType.SPINDLE: "spindles",
}


def path_of(event: Event) -> str:
    """Return the path of the event's entity: `/api/v1/sops/…/`; other features in the plural."""
    name = _LISTS.get(event.feature_type, f"{event.feature_type}s")
    return f"{_API}{name}/{event.entity_id}/"


def execution_path(event: Event) -> str:
    """Return the path of the run that the event tells of, else of what ran."""
    run = event.execution_id or event.data.get("execution_id")
    return f"{_API}executions/{run}/" if run else path_of(event)


def public_address(path: str) -> str:
    """Return the whole address of `path`, as people outside reach it."""
    return urljoin(settings.PUBLIC_URL, path)
