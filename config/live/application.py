"""The ASGI application of the live process: its health, its streams, and nothing else."""

import asyncio
import io
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, HttpResponseBase
from django.urls.resolvers import RoutePattern
from django.utils.module_loading import import_string
from rest_framework.exceptions import MethodNotAllowed

from config.exceptions import NotFound
from config.live.hub import Hub, Subscription
from config.live.sse import HEADERS
from config.middleware import problem_for
from config.request_context import accept_request_id, current_request_id, request_context

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

ALIVE = b'{"status":"ok"}'
END_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Stream:
    """An open stream: what is sent, the subscription that may cut it off, what to do at the end."""

    chunks: AsyncGenerator[bytes]
    subscription: Subscription
    close: Callable[[], Awaitable[None]]


Opener = Callable[..., Awaitable[Stream]]
"""From (request, hub), and what its address names as keywords, to the open stream."""


class LiveApplication:
    """Answers `GET /health/live` and the streams of `settings.LIVE_STREAMS`.

    Each stream is opened by a function named there; what it raises is told as a problem document.
    Addresses are written as Django's routes: `/executions/<uuid:execution_id>/events/`.
    """

    def __init__(self) -> None:
        channels = {name: import_string(path) for name, path in settings.LIVE_CHANNELS.items()}
        self.hub = Hub(channels, queue_size=settings.LIVE_QUEUE)
        self._openers: list[tuple[RoutePattern, Opener]] = [
            (RoutePattern(route, is_endpoint=True), import_string(opener))
            for route, opener in settings.LIVE_STREAMS.items()
        ]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"] == "/health/live" and scope["method"] in ("GET", "HEAD"):
            await _answer(send, HttpResponse(ALIVE, content_type="application/json"))
        else:
            headers = dict(scope.get("headers", ()))
            given = headers.get(b"x-request-id", b"").decode("latin-1")
            with request_context(accept_request_id(given or None)):
                await self._open(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.hub.start()
            else:
                await self.hub.stop()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _open(self, scope: Message, receive: Receive, send: Send) -> None:
        request = ASGIRequest(dict(scope), io.BytesIO())
        try:
            opener, named = self._opener(scope["path"])
            if scope["method"] != "GET":
                raise MethodNotAllowed(scope["method"])
            stream = await opener(request, self.hub, **named)
        # Every error is told to the caller: ours as an internal one, which is logged as well.
        except Exception as error:  # noqa: BLE001
            await _answer(send, problem_for(request, error))
            return
        try:
            await _stream(stream, receive, send)
        finally:
            await stream.chunks.aclose()
            await stream.close()

    def _opener(self, path: str) -> tuple[Opener, dict[str, Any]]:
        """Return who opens the stream at `path`, and what the path names. Raises `NotFound`."""
        for route, opener in self._openers:
            found = route.match(path)
            if found:
                return opener, dict(found[2])
        raise NotFound()


async def _stream(stream: Stream, receive: Receive, send: Send) -> None:
    """Send until the stream ends, the client goes, or it turns out to be too slow."""
    headers = [*HEADERS, _request_id()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    sending = asyncio.create_task(_send_all(stream.chunks, send))
    gone = asyncio.create_task(_until_gone(receive))
    stream.subscription.on_overflow = sending.cancel
    try:
        await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, gone):
            task.cancel()
        await asyncio.gather(sending, gone, return_exceptions=True)
    with suppress(TimeoutError):
        # A client that reads nothing would hold even the end up.
        await asyncio.wait_for(send({"type": "http.response.body", "body": b""}), END_SECONDS)
    if not sending.cancelled():
        sending.result()  # a fault of ours is told to the server's log


async def _send_all(chunks: AsyncGenerator[bytes], send: Send) -> None:
    async for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _request_id() -> tuple[bytes, bytes]:
    return b"x-request-id", (current_request_id() or "").encode()


async def _answer(send: Send, response: HttpResponseBase) -> None:
    body = response.content if isinstance(response, HttpResponse) else b""
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    headers += [(b"content-length", str(len(body)).encode()), _request_id()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body})
