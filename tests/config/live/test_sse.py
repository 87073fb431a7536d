"""The wire format of server-sent events."""

import pytest

from config.live.sse import message, retry


def test_a_message_has_its_id_its_event_and_one_line_of_data() -> None:
    assert message(b"{}", event="A", event_id="7") == b"id: 7\nevent: A\ndata: {}\n\n"
    assert message(b"{}", event="A") == b"event: A\ndata: {}\n\n"
    assert retry(2000) == b"retry: 2000\n\n"


@pytest.mark.parametrize(
    ("data", "event", "event_id"),
    [(b"a\nb", "A", "7"), (b"a\rb", "A", "7"), (b"", "A\nid: 1", "7"), (b"", "A", "7\r")],
)
def test_a_line_break_cannot_forge_a_field(data: bytes, event: str, event_id: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        message(data, event=event, event_id=event_id)
