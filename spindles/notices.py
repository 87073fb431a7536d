"""What people are told of spindles."""

from node_links.events.envelope import Event
from node_links.notifications.kinds import Kind, Words, declare_kind
from node_links.notifications.paths import path_of
from node_links.notifications.recipients import owner_of


def _in_error(event: Event) -> Words:
    failures, reason = event.data.get("failures"), event.data.get("reason") or ""
    body = (
        f"{failures} runs that its triggers started have failed one after the other, so its"
        " triggers have stopped. They start again with the first run by hand that completes, or"
        f" when it is activated. The last one said: {reason}"
    )
    return Words(f"Stopped: {event.data.get('name')}", body, path_of(event))


declare_kind(
    Kind(
        "spindle_error",
        "A spindle of mine keeps failing, and its triggers have stopped",
        ("WorkflowEnteredError",),
        owner_of,
        _in_error,
    )
)
