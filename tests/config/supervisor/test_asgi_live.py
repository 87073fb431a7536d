"""The live process answers that it lives, and nothing else."""

import asyncio
from typing import Any

import pytest

from config.asgi_live import application


def call(scope: dict[str, Any], *received: str) -> list[dict[str, Any]]:
    """Run the application on `scope` and return what it sent."""
    sent: list[dict[str, Any]] = []
    inbox = [{"type": kind} for kind in received]

    async def receive() -> dict[str, Any]:
        return inbox.pop(0)

    async def send(message: Any) -> None:
        sent.append(dict(message))

    asyncio.run(application(scope, receive, send))
    return sent


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/health/live", 200, b'{"status":"ok"}'),
        ("POST", "/health/live", 404, b"not_found"),
        ("GET", "/", 404, b"not_found"),
    ],
)
def test_only_health_is_answered(method: str, path: str, status: int, code: bytes) -> None:
    start, body = call({"type": "http", "method": method, "path": path})

    assert start["status"] == status
    assert code in body["body"]
    assert (b"content-length", str(len(body["body"])).encode()) in start["headers"]


def test_start_and_end_are_acknowledged() -> None:
    sent = call({"type": "lifespan"}, "lifespan.startup", "lifespan.shutdown")

    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_a_web_socket_is_closed() -> None:
    assert call({"type": "websocket", "path": "/"}) == [{"type": "websocket.close", "code": 1000}]
