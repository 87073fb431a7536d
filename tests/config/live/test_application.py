"""One connection to the live process: refusals, slow clients, clients that go."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from config.live.application import LiveApplication
from tests.config.live import probe

Message = Any
NUMBERS = "tests.config.live.probe.open_numbers"


@pytest.fixture(autouse=True)
def _streams(settings: Settings) -> None:
    settings.LIVE_STREAMS = {"/numbers/": NUMBERS, "/broken/": "tests.config.live.probe.refuse"}
    probe.opened.clear()
    probe.closed.clear()


def scope_of(path: str, query: bytes = b"", method: str = "GET") -> dict[str, Any]:
    """Return what a server hands over for a request."""
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": [(b"x-request-id", b"mine")],
    }


async def never() -> Message:
    """Wait for a client that neither says anything nor goes."""
    await asyncio.Event().wait()


def answer(scope: dict[str, Any]) -> tuple[int, dict[str, Any], dict[bytes, bytes]]:
    """Return status, document and headers of a refusal."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(LiveApplication()(scope, never, send))
    return sent[0]["status"], json.loads(sent[1]["body"]), dict(sent[0]["headers"])


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/elsewhere/", "GET", 404, "not_found"),
        ("/numbers/", "POST", 405, "method_not_allowed"),
        ("/broken/", "GET", 500, "internal_error"),
    ],
)
def test_a_refusal_is_a_problem_document_that_shows_nothing_of_the_inside(
    path: str, method: str, status: int, code: str
) -> None:
    given, problem, headers = answer(scope_of(path, method=method))

    assert (given, problem["status"], problem["code"]) == (status, status, code)
    assert problem["request_id"] == "mine"
    assert headers[b"x-request-id"] == b"mine"
    assert headers[b"content-type"] == b"application/problem+json"
    assert "inside" not in json.dumps(problem)


def serve(
    query: bytes, meet: Callable[[asyncio.Event, bytearray], Awaitable[None]], *, stuck: bool
) -> bytes:
    """Serve `/numbers/`; `meet` runs beside it and may let the client go. Return what was sent.

    A `stuck` client takes the first chunk and then reads no more.
    """
    received = bytearray()

    async def main() -> None:
        gone = asyncio.Event()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if stuck and received:
                await asyncio.Event().wait()
            received.extend(message.get("body", b""))

        serving = LiveApplication()(scope_of("/numbers/", query), receive, send)
        await asyncio.wait_for(asyncio.gather(serving, meet(gone, received)), 5)

    asyncio.run(main())
    return bytes(received)


async def until(condition: Callable[[], object]) -> None:
    """Let the other coroutines run until `condition` holds."""
    while not condition():
        await asyncio.sleep(0)


def test_a_client_that_goes_is_forgotten() -> None:
    async def meet(gone: asyncio.Event, received: bytearray) -> None:
        await until(lambda: probe.opened)
        gone.set()

    serve(b"to=3", meet, stuck=False)

    assert probe.closed == probe.opened != []


def test_a_client_that_reads_too_slowly_is_cut_off() -> None:
    async def meet(gone: asyncio.Event, received: bytearray) -> None:
        await until(lambda: received)
        probe.opened[0].put(UUID(int=1))
        probe.opened[0].put(UUID(int=2))

    assert serve(b"to=3", meet, stuck=True) == b"0\n"
    assert probe.closed == probe.opened
    assert probe.opened[0].overflowed


def test_a_stream_that_breaks_is_closed_and_told_to_the_server() -> None:
    async def meet(gone: asyncio.Event, received: bytearray) -> None:
        await until(lambda: probe.opened)

    with pytest.raises(KeyError):
        serve(b"", meet, stuck=False)

    assert probe.closed == probe.opened
