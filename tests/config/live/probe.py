"""A stream of numbers, and one that fails."""

import asyncio
from collections.abc import AsyncGenerator

from django.http import HttpRequest

from config.live.application import Stream
from config.live.hub import Hub, Subscription

opened: list[Subscription] = []
closed: list[Subscription] = []


async def open_numbers(request: HttpRequest, hub: Hub) -> Stream:
    """Count to `?to=`, then wait for ever; without it break down at once."""
    subscription = Subscription("numbers", asyncio.Queue(1))
    opened.append(subscription)

    async def chunks() -> AsyncGenerator[bytes]:
        for number in range(int(request.GET["to"])):
            yield f"{number}\n".encode()
        await asyncio.Event().wait()

    async def close() -> None:
        closed.append(subscription)

    return Stream(chunks(), subscription, close)


async def refuse(request: HttpRequest, hub: Hub) -> Stream:
    """Have a fault of our own."""
    raise RuntimeError("the inside")
