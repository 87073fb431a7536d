"""Starts children in order, keeps them alive, and stops them in the reverse order."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from config.supervisor.child import Child
from config.supervisor.console import Terminal
from config.supervisor.errors import StopRequested, SupervisorError
from config.supervisor.pids import note
from config.supervisor.specs import ProcessSpec

WATCH_SECONDS = 0.2


class Supervisor:
    """Holds the children of one installation. Used from the main thread only."""

    def __init__(self, terminal: Terminal, pids_path: Path) -> None:
        """Start with no child; `pids_path` receives the note for the next start's sweep."""
        self.terminal = terminal
        self._pids_path = pids_path
        self._tiers: list[list[Child]] = []
        self._stopping = False
        self._holding = False
        self._request: StopRequested | None = None
        self._hurry = threading.Event()

    def listen_for_stop(self) -> None:
        """Turn Ctrl-C and termination into StopRequested; a second one while stopping kills."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:
            self._hurry.set()
            return
        self._stopping = True
        self._request = StopRequested(signal.Signals(number).name)
        if not self._holding:
            raise self._request

    @contextmanager
    def _stop_held_back(self) -> Iterator[None]:
        """Put a stop off until a start is complete: half-started, a process would be forgotten."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._request is not None:
            raise self._request

    def start(self, *specs: ProcessSpec) -> None:
        """Start a tier: its members start together and stop together, after all later tiers."""
        tier: list[Child] = []
        self._tiers.append(tier)
        for spec in specs:
            child = Child(spec, self.terminal.process_line)
            tier.append(child)
            with self._stop_held_back():
                child.start()
                self._note()

    def wait_until(self, what: str, is_ready: Callable[[], bool], seconds: float) -> None:
        """Wait for `is_ready`, keeping the children alive meanwhile.

        Raises SupervisorError where one of them gives up, or after `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.keep_alive()
            if time.monotonic() > deadline:
                raise SupervisorError(f"{what} was not ready within {seconds:.0f} s.")
            time.sleep(0.05)

    def watch(self) -> None:
        """Keep the children alive until a signal raises StopRequested or one gives up."""
        while True:
            self.keep_alive()
            time.sleep(WATCH_SECONDS)

    def keep_alive(self) -> None:
        """Start again whatever ended, each after its own pause. Raises SupervisorError."""
        for child in [child for tier in self._tiers for child in tier if not child.running]:
            with self._stop_held_back():
                if child.revive():
                    self._note()
            if child.exhausted:
                said = "".join(f"\n    {line}" for line in child.last_lines)
                raise SupervisorError(
                    f"{child.spec.name} ended {child.failures} times in a row. It said last:{said}"
                )

    def stop(self) -> None:
        """Stop every tier, the last started first, and remove the note."""
        self._stopping = True
        while self._tiers:
            tier = self._tiers[-1]
            for child in reversed(tier):
                child.signal_stop()
            for child in reversed(tier):
                child.wait_stopped(hurry=self._hurry.is_set)
            self._tiers.pop()
        self._pids_path.unlink(missing_ok=True)

    def _note(self) -> None:
        children = [child for tier in self._tiers for child in tier]
        note(self._pids_path, [one for one in map(Child.started, children) if one])
