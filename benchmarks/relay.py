"""`python -m benchmarks.relay`: a relay with one subscriber that does nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.core.management import call_command

SUBSCRIBER = "bench"


def subscribe() -> None:
    """Declare the subscriber in this process; it hears of changed SOPs."""
    from node_links.events.subscribing import Subscriber, subscribers

    subscribers.subscribe(Subscriber(SUBSCRIBER, ("SopUpdated",), lambda event: None))


@contextmanager
def subscribed() -> Iterator[None]:
    """Have the subscriber in this process for the block, so that events are written for it."""
    from node_links.events.subscribing import subscribers

    subscribe()
    try:
        yield
    finally:
        subscribers.unsubscribe(SUBSCRIBER)


def main() -> None:
    """Run until SIGTERM."""
    django.setup()
    subscribe()
    call_command("relay")


if __name__ == "__main__":
    main()
