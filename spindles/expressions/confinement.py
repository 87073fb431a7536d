"""The process beside this one that evaluates what cannot be bounded: started once, kept."""

import atexit
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import orjson

from config.exceptions import PerformanceException
from spindles.expressions.framing import read_frame, write_frame

# The sandbox ends an evaluation by processor time; this is for a machine that gives it none.
PATIENCE = 30.0
_ROOT = Path(__file__).resolve().parents[2]


class Exceeded(ValueError):
    """The evaluation has used up its time or memory."""


class Sandbox:
    """A line to one sandbox process, shared by the threads of this process.

    After a fork the child starts one of its own.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        os.register_at_fork(after_in_child=self._forget)

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return `{"value": …}` or `{"error": …}`.

        Raises `Exceeded`; `TypeError` for variables that are no JSON; `PerformanceException` where
        the sandbox cannot be started or does not get to work, which says nothing of the expression.
        """
        request = orjson.dumps({"text": text, "variables": variables})
        with self._lock:
            found: dict[str, Any] = orjson.loads(self._answer(request))
        if "exceeded" in found:
            raise Exceeded
        return found

    def _answer(self, request: bytes) -> bytes:
        # One that somebody has ended is replaced, and asked anew.
        for _ in range(2):
            try:
                answer = _exchange(self._running(), request)
            except OSError:
                answer = None
            if answer is not None:
                return answer
            self.close()
        raise PerformanceException("The sandbox of expressions does not answer.", "sandbox")

    def close(self) -> None:
        """End the process. The next evaluation starts another."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _forget(self) -> None:
        """Leave the process to the parent that started it."""
        self._lock = threading.Lock()
        self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "spindles.expressions.sandbox"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                cwd=_ROOT,
                env={},
            )
        return self._process


def _exchange(process: subprocess.Popen[bytes], request: bytes) -> bytes | None:
    """Return the answer; None where the process ended, or is silent for too long."""
    asking, answering = _descriptor(process.stdin), _descriptor(process.stdout)
    write_frame(asking, request)
    with selectors.DefaultSelector() as selector:
        selector.register(answering, selectors.EVENT_READ)
        if not selector.select(PATIENCE):
            return None
    return read_frame(answering)


def _descriptor(pipe: IO[bytes] | None) -> int:
    return -1 if pipe is None else pipe.fileno()


sandbox = Sandbox()
atexit.register(sandbox.close)
