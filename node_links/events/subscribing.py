"""Who hears of which events: each app's `subscribers.py` says so when the process starts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from node_links.events.envelope import Event

Handler = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who must hear of events.

    `types` are names of event types, beginnings (`Sop*`) or ends (`*Published`) of names, or `*`;
    types that begin like one of `without` are not meant all the same.
    `handle` runs in a transaction of the platform's own scope, together with the mark that the
    event was delivered: what it writes takes effect once. It must be harmless when it runs again,
    and must not wait for anything outside of the database; a `heavy` one runs in a Celery worker
    and not in the relay.

    A subscriber that is not `replayable` hears of a replay only where it is named. A `strict` one
    hears nothing more of an aggregate after a dead letter, until that is retried or discarded.

    `asked` names a function of the database, `f(organization uuid, event_type text)`, that says
    whether anybody there has asked for such events: one that nobody asked for leaves no delivery.
    """

    name: str
    types: tuple[str, ...]
    handle: Handler
    replayable: bool = True
    strict: bool = False
    heavy: bool = False
    without: tuple[str, ...] = ()
    asked: str = ""

    def wants(self, event_type: str) -> bool:
        """Return whether this type of event is meant."""
        meant = any(_fits(event_type, wanted) for wanted in self.types)
        return meant and not event_type.startswith(self.without)


def _fits(event_type: str, wanted: str) -> bool:
    if wanted.endswith("*"):
        return event_type.startswith(wanted[:-1])
    if wanted.startswith("*"):
        return event_type.endswith(wanted[1:])
    return event_type == wanted


class SubscriberRegistry:
    """The subscribers of this process. Every process has the same ones."""

    def __init__(self) -> None:
        """Start empty."""
        self._subscribers: dict[str, Subscriber] = {}
        self._of_type = cache(self._find)
        self._asking: tuple[Subscriber, ...] | None = None

    def subscribe(self, subscriber: Subscriber) -> None:
        """Add a subscriber; twice the same name is a programming error (`ValueError`)."""
        if subscriber.name in self._subscribers:
            raise ValueError(f"There is a subscriber named {subscriber.name} already.")
        self._subscribers[subscriber.name] = subscriber
        self._forget()

    def unsubscribe(self, name: str) -> None:
        """Remove a subscriber. Raises `KeyError` where there is none of this name."""
        del self._subscribers[name]
        self._forget()

    def get(self, name: str) -> Subscriber | None:
        """Return the subscriber of this name, if there is one."""
        return self._subscribers.get(name)

    def all(self) -> list[Subscriber]:
        """Return all subscribers, by name."""
        return [self._subscribers[name] for name in sorted(self._subscribers)]

    def of_type(self, event_type: str) -> tuple[Subscriber, ...]:
        """Return those who must hear of events of this type."""
        return self._of_type(event_type)

    def asking(self) -> tuple[Subscriber, ...]:
        """Return those who hear only of what somebody asked for, by name."""
        if self._asking is None:
            self._asking = tuple(found for found in self.all() if found.asked)
        return self._asking

    def _forget(self) -> None:
        self._of_type.cache_clear()
        self._asking = None

    def _find(self, event_type: str) -> tuple[Subscriber, ...]:
        return tuple(found for found in self.all() if found.wants(event_type))


subscribers = SubscriberRegistry()


def subscribe(name: str, types: Iterable[str], **options: Any) -> Callable[[Handler], Handler]:
    """Declare the decorated function a subscriber; `options` as in `Subscriber`."""

    def declare(handler: Handler) -> Handler:
        subscribers.subscribe(Subscriber(name, tuple(types), handler, **options))
        return handler

    return declare
