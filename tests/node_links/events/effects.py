"""Subscribers whose effects can be counted; a relay of its own process declares them too."""

import os
import signal
import time
from typing import Any
from uuid import UUID

from django.db import connection

from node_links.events.envelope import Event
from node_links.events.subscribing import Subscriber, subscribers

TYPES = ("SopUpdated",)


def note(event: Event, subscriber: str) -> None:
    """Write that `subscriber` heard of the event."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO observed_effects (subscriber, event_id, entity_id, sequence, replayed)"
            " VALUES (%s, %s, %s, %s, %s)",
            [subscriber, event.id, event.entity_id, event.sequence, event.replayed],
        )


def heard(subscriber: str) -> list[tuple[UUID, int]]:
    """Return (entity, sequence) of what `subscriber` heard, in that order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entity_id, sequence FROM observed_effects WHERE subscriber = %s ORDER BY place",
            [subscriber],
        )
        return list(cursor.fetchall())


def _ledger(event: Event) -> None:
    note(event, "ledger")


def _broken(event: Event) -> None:
    note(event, "broken")
    raise RuntimeError(f"never {event.sequence}")


def _fragile(event: Event) -> None:
    """Die after the effect and before the commit, at the first attempt."""
    note(event, "fragile")
    marker = os.environ["FRAGILE_MARKER"]
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _slow(event: Event) -> None:
    note(event, "slow")
    time.sleep(float(os.environ.get("SLOW_SECONDS", "0")))


HANDLERS = {"ledger": _ledger, "broken": _broken, "fragile": _fragile, "slow": _slow}


def declare(*names: str, **options: Any) -> None:
    """Subscribe those of these names."""
    for name in names:
        subscribers.subscribe(Subscriber(name, TYPES, HANDLERS[name], **options))
