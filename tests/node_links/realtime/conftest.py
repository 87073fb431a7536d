"""A live process in a thread, and clients that read streams over real HTTP."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from pytest_django.fixtures import Settings

from accounts.tenancy import scope
from accounts.tokens import issue_tokens
from config.live.application import LiveApplication
from knowledge_base.models import Sop
from knowledge_base.services.sops import update_sop
from node_links.models import NodeEvent
from node_links.realtime.publishing import publish_to_channel
from tests.factories import Person

EVENTS = "/api/v1/events/stream/"
NOTIFICATIONS = "/api/v1/notifications/stream/"
PATIENCE = 10.0


@dataclass
class Message:
    """One message of a stream."""

    id: str = ""
    event: str = ""
    data: Any = None


class Client:
    """An open answer; a stream where its status is 200."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._connection.request("GET", path, headers=headers)
        self.response = self._connection.getresponse()
        self.status = self.response.status

    @property
    def problem(self) -> tuple[int, str]:
        """Status and code of a refusal, after a look at its type (RFC 9457)."""
        assert self.response.headers["Content-Type"] == "application/problem+json"
        return self.status, json.loads(self.response.read())["code"]

    def next(self) -> Message:
        """Return the next message; comments and `retry` are passed over."""
        message = Message()
        while raw := self.response.readline():
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            if name in ("id", "event"):
                setattr(message, name, value)
            elif name == "data":
                message.data = json.loads(value)
                return message
        raise AssertionError("The stream has ended.")

    def next_line(self, wanted: str) -> str:
        """Read up to the line that begins with `wanted` and return it; "" at the end."""
        while raw := self.response.readline():
            if raw.decode().startswith(wanted):
                return raw.decode().strip()
        return ""

    def close(self) -> None:
        """Go away, as a closed browser tab does."""
        self.response.close()
        self._connection.close()


@dataclass
class Live:
    """A running live process."""

    port: int
    application: LiveApplication
    clients: list[Client] = field(default_factory=list)

    def open(self, path: str, person: Person | None = None, **headers: str) -> Client:
        """Ask for `path`, signed in as `person` by token."""
        if person is not None:
            headers |= {
                "Authorization": f"Bearer {issue_tokens(person.user)['access']}",
                "X-Organization": person.organization.slug,
            }
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client = Client(self.port, path, named)
        self.clients.append(client)
        return client


@contextmanager
def running() -> Iterator[Live]:
    """Run a live process on a free port for as long as the block lasts."""
    application = LiveApplication()
    config = uvicorn.Config(
        application, port=0, log_config=None, timeout_graceful_shutdown=5, lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    live = None
    try:
        live = Live(_port(server, thread), application)
        yield live
    finally:
        for client in live.clients if live else ():
            client.close()
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


def _port(server: uvicorn.Server, thread: threading.Thread) -> int:
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive()
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


@pytest.fixture
def live(transactional_db: None, settings: Settings) -> Iterator[Live]:
    """A live process with quick heartbeats."""
    settings.LIVE_HEARTBEAT_SECONDS = 0.2
    with running() as process:
        yield process


def of_entity(sop: Sop) -> str:
    """Return the address of the stream of `sop`."""
    return f"{EVENTS}?feature_type={sop.feature_type}&entity_id={sop.pk}"


def change(person: Person, sop: Sop, text: str, *, told: bool = True) -> UUID:
    """Change `sop` and return the id of the event; `told` rings the live processes."""
    with scope(person.actor):
        update_sop(actor=person.actor, pk=sop.pk, values={"summary": text})
        row = NodeEvent.objects.filter(entity_id=sop.pk).latest("sequence")
        if told:
            publish_to_channel(
                event_id=row.pk,
                organization_id=row.organization_id,
                event_type=row.event_type,
                feature_type=row.feature_type,
                entity_id=row.entity_id,
                execution_id=row.execution_id,
                user_id=row.user_id,
            )
    return row.pk
