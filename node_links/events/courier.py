"""The thread that delivers to one subscriber, so that a slow one delays no other."""

import threading

import structlog
from django.conf import settings
from django.db import close_old_connections, connections

from node_links.events import doorbell
from node_links.events.delivering import deliver
from node_links.events.subscribing import Subscriber

logger = structlog.get_logger(__name__)

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


class Courier(threading.Thread):
    """Delivers when it is rung for, when another try is due, and at every sweep."""

    def __init__(self, subscriber: Subscriber) -> None:
        super().__init__(name=f"courier-{subscriber.name}", daemon=True)
        self.subscriber = subscriber
        self._bell = threading.Event()
        self._stopped = threading.Event()
        self._failures = 0

    def ring(self) -> None:
        """Look for due deliveries now, or right after the round that is going on."""
        self._bell.set()

    def stop(self) -> None:
        """End after the event at hand; `join()` waits for that."""
        self._stopped.set()
        self._bell.set()

    def run(self) -> None:
        """Deliver until stopped."""
        while not self._should_end():
            try:
                close_old_connections()
                wait = self._round()
                self._failures = 0
            except Exception:
                # A database that is away for a while must not end the thread, nor may anything
                # else: it is logged, and tried again.
                logger.exception("courier_failed", subscriber=self.subscriber.name)
                connections.close_all()
                self._stopped.wait(min(_FIRST_PAUSE * 2**self._failures, _LONGEST_PAUSE))
                self._failures = min(self._failures + 1, 10)
                continue
            self._bell.wait(wait)
        connections.close_all()

    def _should_end(self) -> bool:
        # The bell is emptied first: `stop()` rings it after it has said that this is the end.
        self._bell.clear()
        return self._stopped.is_set()

    def _round(self) -> float | None:
        """Do what is due; return for how long to wait at most without being rung for."""
        outcome = deliver(self.subscriber, should_stop=self._stopped.is_set)
        if outcome.next_in is None:
            return float(settings.DELIVERY_SWEEP_SECONDS)
        return min(outcome.next_in, float(settings.DELIVERY_SWEEP_SECONDS))


class Ringer(Courier):
    """Hands a heavy subscriber over to the Celery workers."""

    def _round(self) -> float | None:
        doorbell.ring(self.subscriber.name)
        return None  # beat sweeps for the workers
