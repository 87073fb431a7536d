"""From an event to a message on somebody's screen, through breaks of the connection and of live."""

from collections.abc import Iterator

import pytest

from tests.faults.conftest import answers
from tests.faults.installation import Installation, eventually
from tests.node_links.realtime.conftest import NOTIFICATIONS, Client, Message


class Streams:
    """Opens notification streams of people; all are closed in the end."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.open_ones: list[Client] = []

    def open(self, person: str, last: str = "") -> Client:
        """Open the stream of `person`, going on after `last`."""
        headers = self.installation.people[person].headers
        if last:
            headers["Last-Event-ID"] = last
        client = Client(self.installation.options.live_port, NOTIFICATIONS, headers)
        self.open_ones.append(client)
        assert client.status == 200
        return client


@pytest.fixture
def streams(installation: Installation) -> Iterator[Streams]:
    """Return what opens streams."""
    opened = Streams(installation)
    yield opened
    for client in opened.open_ones:
        client.close()


def publish(installation: Installation, owner: str, title: str, by: str = "writer") -> str:
    """Let `by` publish an SOP of `owner`, of which the owner is told; return its id."""
    body = {"title": title, "content": f"# {title}\n\nText."}
    status, sop = installation.ask(owner, "POST", "/api/v1/sops/", body)
    assert status == 201, sop
    status, answer = installation.ask(by, "POST", f"/api/v1/sops/{sop['id']}/publish/", {})
    assert status == 200, answer
    return str(sop["id"])


def told(message: Message) -> tuple[str, str]:
    """Return what a message is about, after a look at its form."""
    assert message.event == "notification"
    assert message.data["id"] == message.id
    assert message.data["kind"] == "model_published"
    return message.data["feature_type"], message.data["entity_id"]


def test_a_notification_goes_to_whom_it_concerns_and_over_a_break_once(
    installation: Installation, streams: Streams
) -> None:
    owner = streams.open("owner")
    colleague, stranger = streams.open("colleague"), streams.open("stranger")

    first = publish(installation, "owner", "First")
    message = owner.next()
    owner.close()
    missed = [publish(installation, "owner", title) for title in ("Second", "Third")]
    owner = streams.open("owner", last=message.id)
    later = publish(installation, "owner", "Fourth")

    assert told(message) == ("knowledge-base", first)
    status, notice = installation.ask("owner", "GET", f"/api/v1/notifications/{message.id}/")
    assert (status, notice) == (200, message.data)
    assert [told(owner.next())[1] for _ in range(3)] == [*missed, later]

    # Of all that, nobody else has heard: the first thing that they are told is their own.
    theirs = publish(installation, "colleague", "Fifth")
    foreign = publish(installation, "stranger", "Sixth", by="foreign writer")
    assert told(colleague.next())[1] == theirs
    assert told(stranger.next())[1] == foreign
    assert installation.ask("colleague", "GET", f"/api/v1/notifications/{message.id}/")[0] == 404


def test_what_came_while_live_was_down_is_told_once_when_it_is_back(
    installation: Installation, streams: Streams
) -> None:
    stream = streams.open("owner")
    before = publish(installation, "owner", "Before")
    message = stream.next()
    assert told(message)[1] == before

    installation.kill("live")
    missed = [publish(installation, "owner", title) for title in ("During", "Meanwhile")]
    eventually(lambda: len(unread_after(installation, message.id)) == 2)
    read = f"/api/v1/notifications/{message.id}/read/"
    assert installation.ask("owner", "POST", read)[0] == 200
    installation.start("live")
    eventually(lambda: answers(installation.options.live_port))
    stream = streams.open("owner", last=message.id)
    later = publish(installation, "owner", "After")

    assert [told(stream.next())[1] for _ in range(3)] == [*missed, later]


def unread_after(installation: Installation, last: str) -> list[str]:
    """Return the owner's notices that are newer than `last`."""
    _, page = installation.ask("owner", "GET", "/api/v1/notifications/?unread=true")
    return [row["id"] for row in page["results"] if row["id"] > last]
