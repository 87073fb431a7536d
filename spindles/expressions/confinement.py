"""The process beside this one that evaluates what cannot be bounded: started once, kept."""

import atexit
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

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
        self._owner = 0
        os.register_at_fork(after_in_child=self._forget)

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return `{"value": …}` or `{"error": …}`. Raises `Exceeded`."""
        request = orjson.dumps({"text": text, "variables": variables}) + b"\n"
        with self._lock:
            process = self._running()
            try:
                answer = self._exchange(process, request)
            except (OSError, Exceeded):
                self.close()
                raise Exceeded from None
        if "exceeded" in answer:
            raise Exceeded
        return answer

    def close(self) -> None:
        """End the process. The next evaluation starts another."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.communicate()

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "spindles.expressions.sandbox"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=_ROOT,
                env={},
            )
            self._owner = os.getpid()
        return self._process

    def _exchange(self, process: subprocess.Popen[bytes], request: bytes) -> dict[str, Any]:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - asked for
        process.stdin.write(request)
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(PATIENCE):
                raise Exceeded
        line = process.stdout.readline()
        if not line:
            raise Exceeded
        answer: dict[str, Any] = orjson.loads(line)
        return answer


sandbox = Sandbox()
atexit.register(sandbox.close)
