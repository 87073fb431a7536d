"""The wire format of server-sent events (WHATWG HTML, section 9.2)."""

CONTENT_TYPE = "text/event-stream"
HEARTBEAT = b": still here\n\n"
HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    # Proxies of the nginx family keep an answer back until a buffer is full, unless told not to.
    (b"x-accel-buffering", b"no"),
)


def message(data: bytes, *, event: str, event_id: str | None = None) -> bytes:
    """Return one message; `data` is a single line of UTF-8, as JSON without indentation is.

    Only a message with an id moves the client's Last-Event-ID. Raises `ValueError` where a line
    break would end the message early.
    """
    head = f"event: {event}\n" if event_id is None else f"id: {event_id}\nevent: {event}\n"
    if b"\n" in data or b"\r" in data or head.count("\n") > 2 or "\r" in head:
        raise ValueError("A field of a server-sent event is one line.")
    return head.encode() + b"data: " + data + b"\n\n"


def retry(milliseconds: int) -> bytes:
    """Return the field that says how long a client waits before it comes back."""
    return f"retry: {milliseconds}\n\n".encode()
