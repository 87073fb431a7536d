"""The relay: wakes for each event and delivers it, one thread per subscriber.

Several may run, on several hosts; the tables decide who delivers what. A notice that is missed
costs time and nothing else: each thread also looks every `DELIVERY_SWEEP_SECONDS`.
"""

import time

import orjson
import structlog

from node_links.events.courier import Courier, Ringer
from node_links.events.listening import Listener
from node_links.events.outbox import DELIVERIES, EVENTS
from node_links.events.subscribing import subscribers

logger = structlog.get_logger(__name__)

_STOP_SECONDS = 10.0


class Relay:
    """Couriers for all subscribers of this process, and the listener that rings for them."""

    def __init__(self) -> None:
        self._couriers: dict[str, Courier] = {
            found.name: (Ringer if found.heavy else Courier)(found) for found in subscribers.all()
        }
        self._listener = Listener((EVENTS, DELIVERIES), self._hear, self._ring_all)

    def run(self) -> None:
        """Deliver until `stop()` is called; what is being delivered then is finished first."""
        logger.info("relay_started", subscribers=list(self._couriers))
        for courier in self._couriers.values():
            courier.start()
        try:
            self._listener.run()
        finally:
            for courier in self._couriers.values():
                courier.stop()
            until = time.monotonic() + _STOP_SECONDS
            for courier in self._couriers.values():
                courier.join(max(0.0, until - time.monotonic()))
        logger.info("relay_stopped")

    def stop(self) -> None:
        """Let `run()` return. May be called from a signal handler."""
        self._listener.stop()

    def _hear(self, channel: str, payload: str) -> None:
        if channel == DELIVERIES:
            names = [payload]
        else:
            hearers = subscribers.of_type(orjson.loads(payload)["type"])
            names = [found.name for found in hearers if not found.asked]
        for name in names:
            if name in self._couriers:
                self._couriers[name].ring()

    def _ring_all(self) -> None:
        for courier in self._couriers.values():
            courier.ring()
