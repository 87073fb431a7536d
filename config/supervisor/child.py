"""One supervised process: started, read line by line, restarted with growing pauses."""

import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import IO

import psutil

from config.embedded.process import kill_group, spawn
from config.supervisor.pids import Started
from config.supervisor.specs import ProcessSpec

FIRST_PAUSE_SECONDS = 0.4
LONGEST_PAUSE_SECONDS = 10.0
TRIES = 5
# A process that lived this long had started well: its next end is counted from one again.
SETTLED_SECONDS = 30.0


class Child:
    """The life of one ProcessSpec under the supervisor."""

    def __init__(self, spec: ProcessSpec, say: Callable[[str, str], None]) -> None:
        """Describe the child; `say(name, line)` receives every line that it writes."""
        self.spec = spec
        self.command = spec.command()
        self.failures = 0
        self.last_lines: deque[str] = deque(maxlen=12)
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._started_at = 0.0
        self._next_start = 0.0

    def start(self) -> None:
        """Prepare and start the process. Only the main thread may call this (see `spawn`)."""
        if self.spec.prepare is not None:
            self.spec.prepare()
        self._process = spawn(self.command, stdout=subprocess.PIPE)
        self._started_at = time.monotonic()
        self._reader = threading.Thread(
            target=self._read, args=[self._process.stdout], name=self.spec.name, daemon=True
        )
        self._reader.start()

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def exhausted(self) -> bool:
        """Whether it ended too often in a row to be started again."""
        return self.failures >= TRIES

    def started(self) -> Started | None:
        """Return the note for the next start's sweep, or None where the process is gone."""
        if self._process is None:
            return None
        try:
            born = psutil.Process(self._process.pid).create_time()
        except psutil.NoSuchProcess:
            return None
        stop_signal = int(self.command.stop_signal)
        return Started(self.spec.name, self._process.pid, born, stop_signal)

    def revive(self) -> bool:
        """Start the process again once its pause is over; say whether it was started.

        The first call after an end clears the rest of its session and sets the pause.
        """
        if self._process is not None:
            self._bury(self._process)
        if self.exhausted or time.monotonic() < self._next_start:
            return False
        self.start()
        return True

    def signal_stop(self) -> None:
        """Ask the process to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(self.command.stop_signal)

    def wait_stopped(self, *, hurry: Callable[[], bool]) -> None:
        """Wait for the end as long as the command allows (not at all in a hurry), then kill."""
        if self._process is None:
            return
        deadline = time.monotonic() + self.command.stop_seconds
        while self._process.poll() is None and time.monotonic() < deadline and not hurry():
            time.sleep(0.02)
        kill_group(self._process.pid)
        self._process.wait()
        if self._reader is not None:
            self._reader.join(2)
        self._process = None

    def _bury(self, process: subprocess.Popen[bytes]) -> None:
        kill_group(process.pid)
        settled = time.monotonic() - self._started_at > SETTLED_SECONDS
        self.failures = 1 if settled else self.failures + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (self.failures - 1), LONGEST_PAUSE_SECONDS)
        self._next_start = time.monotonic() + pause
        self._process = None
        code = process.returncode
        how = f"killed by signal {-code}" if code < 0 else f"ended with code {code}"
        then = "not started again" if self.exhausted else f"starting again in {pause:.1f} s"
        self._say(self.spec.name, f"{how}; {then}")

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                line = raw.decode(errors="replace").rstrip()
                if not line:
                    continue
                self.last_lines.append(line)
                if not any(part in line for part in self.spec.muted):
                    self._say(self.spec.name, line)
