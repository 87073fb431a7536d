"""The live process: what must stay open, so that it never occupies a thread of the web process.

It runs as ASGI beside the WSGI web process and says of itself only that it lives.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ALIVE = b'{"status":"ok"}'
UNKNOWN = b'{"type":"about:blank","title":"Not Found","status":404,"code":"not_found"}'


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Answer `GET /health/live`; anything else is not found."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        alive = scope["path"] == "/health/live" and scope["method"] in ("GET", "HEAD")
        if alive:
            await _answer(send, 200, b"application/json", ALIVE)
        else:
            await _answer(send, 404, b"application/problem+json", UNKNOWN)
    else:
        await send({"type": "websocket.close", "code": 1000})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _answer(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
