"""What kinds of steps look like: a shape for each family, which tells it apart without colours."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """A family of kinds: `symbol` names its shape, and its class in the style sheet."""

    symbol: str
    label: str


_WAIT = Family("spp-wait", "Wait")
_KNOWLEDGE = Family("nlp-knowledge-base", "Knowledge")
_STAGE = Family("spp-stage", "Stage")
_FAMILIES: Mapping[str, Family] = {
    "noop": Family("spp-noop", "No operation"),
    "placeholder": Family("spp-noop", "No operation"),
    "transform": Family("spp-data", "Data"),
    "condition": Family("spp-decision", "Decision"),
    "http_request": Family("spp-http", "HTTP request"),
    "delay": _WAIT,
    "wait_event": _WAIT,
    "human_task": Family("spp-person", "Person"),
    "map": Family("spp-map", "For each"),
    "sub_execution": Family("nlp-spindle", "Run"),
    "email": Family("spp-mail", "E-mail"),
    "kb_search": _KNOWLEDGE,
    "kb_read": _KNOWLEDGE,
    "publish_event": Family("nlp-event-storm", "Event"),
    "container_open": _STAGE,
    "container_close": _STAGE,
}
_OTHER = Family("spp-other", "Step")


def family_of(kind: str) -> Family:
    """Return the family of a kind; one that is not known here has a shape as well."""
    return _FAMILIES.get(kind, _OTHER)
