"""System check of the event types: every stored event must have a way to its newest shape."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from node_links.events.types import event_types


@register()
def check_event_types(app_configs: object = None, **_options: Any) -> list[CheckMessage]:
    """Refuse to start with a type whose old events cannot be read any more."""
    return [
        Error(
            f"The event type {found.name} has no upcaster from version {number} to {number + 1}.",
            hint="Declare it in `upcasters`; events that were written in this version stay as is.",
            id="node_links.E001",
        )
        for found in event_types.all()
        for number in found.missing_upcasters()
    ]
