"""Evaluates expressions that nobody can bound beforehand, each in a process that is ended in time.

Nothing interrupts a program of CEL from within, and nested macros over lists, or a large regular
expression, take as long as they please. So each such evaluation is a fork of a small process
that has no threads, no database and no secrets; the kernel ends it once it has used its processor
time or memory. What is measured is processor time: a busy machine gives the same answers.

Run as a program it reads requests from its standard input and answers on its standard output, a
line of JSON each: `{"text", "variables"}`, then `{"value"}`, `{"error"}` or `{"exceeded": true}`.
"""

import os
import resource
import signal
import sys
from typing import Any, BinaryIO

import orjson

from spindles.expressions.programs import EvaluationFailed, program_of, run

CPU_SECONDS = 0.1
MEMORY = 512 * 1024 * 1024


def answer(request: dict[str, Any]) -> bytes:
    """Return the line that answers `request`, worked out in a process of its own."""
    program_of(request["text"])
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(request, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        line = pipe.read()
    _, status = os.waitpid(child, 0)
    return line if status == 0 else orjson.dumps({"exceeded": True})


def _work(request: dict[str, Any], writing: int) -> None:
    """Evaluate under limits, write the answer, and end this process, however that goes."""
    try:
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(_evaluated(request))
    except BaseException:  # noqa: BLE001 - told to the parent by the exit status
        os._exit(1)
    os._exit(0)


def _evaluated(request: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps({"value": run(request["text"], request["variables"])})
    except EvaluationFailed as error:
        return orjson.dumps({"error": str(error)})


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer each line of `requests`, until there are no more."""
    for line in requests:
        answers.write(answer(orjson.loads(line)) + b"\n")
        answers.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin.buffer, sys.stdout.buffer)
