"""People who go on writing through an outage, and know what was acknowledged."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.installation import Installation

PAUSE = 0.02
PAUSE_AFTER_FAILURE = 0.1
SECONDS = 15.0


@dataclass
class Writers:
    """One thread per SOP. Each writes `name` 1, 2, 3 … into the summary, one after the other."""

    installation: Installation
    name: str
    acknowledged: dict[str, int] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many writes were acknowledged."""
        return sum(self.acknowledged.values())

    def start(self) -> None:
        """Begin."""
        for sop in self.installation.sops:
            self.acknowledged[sop] = 0
            thread = threading.Thread(target=self._write, args=(sop,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End after the writes that are on their way."""
        self._over.set()
        for thread in self._threads:
            thread.join(2 * SECONDS)
            assert not thread.is_alive()

    def _write(self, sop: str) -> None:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.installation.options.port, timeout=SECONDS
        )
        while not self._over.is_set():
            started = time.monotonic()
            status = self._send(connection, sop, self.acknowledged[sop] + 1)
            self.slowest = max(self.slowest, time.monotonic() - started)
            self.answers[status] += 1
            if status == http.HTTPStatus.OK:
                self.acknowledged[sop] += 1
            self._over.wait(PAUSE if status == http.HTTPStatus.OK else PAUSE_AFTER_FAILURE)
        connection.close()

    def _send(self, connection: http.client.HTTPConnection, sop: str, number: int) -> int:
        """Return the status; 0 where no answer came, so that nobody knows what became of it."""
        body = json.dumps({"summary": f"{self.name} {number}"})
        try:
            headers = self.installation.people["writer"].headers
            connection.request("PATCH", f"/api/v1/sops/{sop}/", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return 0
        return answer.status


@contextmanager
def writing(installation: Installation, name: str) -> Iterator[Writers]:
    """Let people write for as long as the block lasts."""
    writers = Writers(installation, name)
    writers.start()
    try:
        yield writers
    finally:
        writers.stop()
